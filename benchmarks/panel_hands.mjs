// A person at a panel: what is done there with the pointer and the keyboard, each noted as one action.

import assert from 'node:assert/strict';

const PATIENCE = 240_000; // a picture of a small model on one busy thread
const JOB = {width: 128, height: 128, steps: 2, cfg_scale: 2, seed: 7};

/** Where an element shows what is in it: a picture that keeps its shape may be smaller than its element. @param {Element} element */
function findContent(element) {
  const {x, y, width, height} = element.getBoundingClientRect();
  if (!(element instanceof HTMLImageElement) || getComputedStyle(element).objectFit !== 'contain') return {x, y, width, height};
  const zoom = Math.min(width / element.naturalWidth, height / element.naturalHeight);
  const [own, high] = [zoom * element.naturalWidth, zoom * element.naturalHeight];
  return {x: x + (width - own) / 2, y: y + (height - high) / 2, width: own, height: high};
}

export class Hands {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string[]} what was done since the task began */
    this.steps = [];
    this.tab = 'txt2img';
  }

  /** Do something that counts as one action. @param {string} what @param {() => Promise<unknown>} act */
  async act(what, act) {
    this.steps.push(what);
    await act();
    await this.settle();
  }

  /** Wait until the host has answered. */
  async settle() {
    await this.page.waitForTimeout(700);
    await this.page.waitForFunction(() => !document.querySelector('.tabs .wrap.default.full:not(.hide)'), null, {timeout: 20_000}).catch(() => {});
  }

  /** A part of the page in the tab that is open. @param {string} selector */
  find(selector) {
    return this.page.locator(`#tab_${this.tab} ${selector} >> visible=true`).first();
  }

  /** @param {string} what @param {import('playwright-core').Locator} target */
  async click(what, target) {
    await this.act(what, () => target.click());
  }

  /** @param {string} name of a button's or a choice's text */
  async press(name, inside = '') {
    await this.click(name, this.find(`${inside} :is(button, span, [role=tab]):text-is("${name}")`));
  }

  /** Press a key, or keys that are held together. @param {string} key */
  async key(key) {
    await this.act(`key ${key}`, () => this.page.keyboard.press(key));
  }

  /** Open what is folded. @param {string} title @param {string} [inside] @param {string} [header] */
  async unfold(title, inside = '', header = `.label-wrap:has(span:text-is("${title}"))`) {
    await this.click(`open ${title}`, this.find(`${inside} ${header}`));
  }

  /** Type a text in one go, in the place of what is there. @param {string} what @param {import('playwright-core').Locator} target @param {string} text */
  async write(what, target, text) {
    await this.act(what, async () => {
      await target.click();
      await this.page.keyboard.press('Control+A');
      await this.page.keyboard.insertText(text);
      await target.blur();
    });
  }

  /** Type a text where the cursor stands already. @param {string} what @param {string} text */
  async type(what, text) {
    await this.act(what, () => this.page.keyboard.type(text));
  }

  /** Write the main prompt. @param {string} text */
  async prompt(text) {
    await this.write('type the prompt', this.find(`#${this.tab}_prompt textarea`), text);
  }

  /** Press at the first of some places of the window, and move over the others before the button is lifted. @param {string} what @param {() => Promise<number[][]>} find the places, once all is still */
  async trace(what, find) {
    await this.act(what, async () => {
      const {mouse} = this.page;
      await this.page.waitForTimeout(300);
      const [start, ...way] = await find();
      await mouse.move(start[0], start[1], {steps: 3});
      await mouse.down();
      for (const [x, y] of way) await mouse.move(x, y, {steps: 8});
      await mouse.up();
    });
  }

  /** Drag over an element. @param {string} what @param {import('playwright-core').Locator} target @param {number[][]} places in shares of it */
  async drag(what, target, ...places) {
    await this.trace(what, async () => {
      await target.evaluate((element) => element.scrollIntoView({block: 'center', behavior: 'instant'}));
      await this.page.waitForTimeout(300);
      const box = await target.evaluate(findContent);
      return places.map(([u, v]) => [box.x + u * box.width, box.y + v * box.height]);
    });
  }

  /** Choose from a list. @param {string} label @param {string} choice */
  async choose(label, choice, inside = '') {
    await this.act(`choose ${choice}`, async () => {
      await this.find(`${inside} .block:has(span:text-is("${label}")) input`).click();
      await this.page.locator(`ul.options li:has-text("${choice}") >> visible=true`).first().click();
    });
  }

  /** Go to a tab of the WebUI. @param {string} name @param {string} [tab] its id, where that is another word */
  async go(name, tab = name) {
    await this.click(`tab ${name}`, this.page.locator(`#tabs > .tab-nav button:has-text("${name}"), #tabs > div > button:has-text("${name}")`).first());
    this.tab = tab;
  }

  /** Drop a picture on PNG Info and send its settings to txt2img. @param {Buffer} buffer */
  async bringBack(buffer) {
    await this.go('PNG Info', 'pnginfo');
    await this.act('drop the picture', async () => {
      await this.page.locator('#pnginfo_image input[type=file]').first().setInputFiles({name: 'old.png', mimeType: 'image/png', buffer});
      await this.page.waitForFunction(() => /Steps:/.test(document.querySelector('#pnginfo_generation_info textarea')?.value ?? ''));
    });
    await this.click('Send to txt2img', this.find('#txt2img_tab'));
    this.tab = 'txt2img';
    await this.page.waitForTimeout(2500);
  }

  /** Send the picture that was drawn last, with what it was drawn by, to img2img. */
  async sendOn() {
    await this.click('Send to img2img', this.page.locator('#txt2img_send_to_img2img, #image_buttons_txt2img button[title*="img2img tab"]').first());
    this.tab = 'img2img';
    await this.page.waitForTimeout(2500);
  }

  /** Begin anew on a fresh page. */
  async reload() {
    await this.page.reload({waitUntil: 'commit'});
    await this.page.waitForSelector('#txt2img_prompt textarea', {timeout: PATIENCE});
    await this.page.waitForTimeout(4000); // the host's own scripts
  }

  /** Have a small picture drawn, and what it says of itself; no action of the task. @returns {Promise<string>} */
  async draw() {
    for (const [name, value] of Object.entries(JOB)) {
      const field = this.page.locator(`#${this.tab}_${name} input`).first();
      await field.fill(String(value));
      await field.press('Tab');
    }
    await this.settle();
    const before = await this.sources();
    await this.page.locator(`#${this.tab}_generate`).click();
    const said = this.page.locator(`#html_info_${this.tab}`).first();
    for (const end = Date.now() + PATIENCE; Date.now() < end; await this.page.waitForTimeout(400)) {
      const text = (await said.textContent()) ?? '';
      if (/Steps: /.test(text) && (await this.sources()).some((each) => !before.includes(each))) return text;
    }
    throw new Error('expected a new picture in the gallery, got none');
  }

  /** The addresses of the gallery's pictures. @returns {Promise<string[]>} */
  sources() {
    return this.page.locator(`#${this.tab}_gallery img`).evaluateAll((images) => images.filter((each) => /file=/.test(each.src) && !each.closest('.livePreview')).map(({src}) => src.split('?')[0]));
  }

  /** The file of the picture that was drawn last. @returns {Promise<Buffer>} */
  async lastPicture() {
    const [address] = await this.sources();
    assert.ok(address, 'a picture in the gallery');
    return Buffer.from(await (await fetch(address)).arrayBuffer());
  }
}

/** Until a check passes, or for half a minute. @param {Hands} hands @param {() => Promise<void>} check */
export async function eventually({page}, check) {
  for (const end = Date.now() + 30_000; ; await page.waitForTimeout(500)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

/** What a picture must say of itself. @param {...RegExp} wanted @returns {(hands: Hands) => Promise<void>} */
export const says = (...wanted) => async (hands) => {
  const said = await hands.draw();
  for (const each of wanted) assert.match(said, each);
};
