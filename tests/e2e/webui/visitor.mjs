// A visitor of a running WebUI's page: what people do there, with real pointer and key events, and what is seen of it.

import {runPython} from '../page/server.mjs';

const PATIENCE = 240_000; // a picture of the demo model on one busy thread

/** What records listeners of ours on window and document, before the page's own scripts. */
function spy() {
  window.ours = [];
  for (const target of [window, document]) {
    const add = target.addEventListener;
    target.addEventListener = function (name, ...rest) {
      if (/regiondiff/.test(new Error().stack)) window.ours.push(name);
      return add.call(this, name, ...rest);
    };
  }
}

export class Visitor {
  /** @param {any} page of the browser @param {string} url of the WebUI */
  constructor(page, url) {
    this.page = page;
    this.url = url;
    this.tab = 'txt2img';
    this.requests = [];
    this.errors = [];
    this.actions = 0; // clicks on the accordion, drags, and texts typed into brushes
    page.setDefaultTimeout(PATIENCE);
    page.on('request', (request) => /\/regiondiff\//.test(request.url()) && this.requests.push(request.url()));
    page.on('pageerror', (error) => /regiondiff/.test(error.stack ?? '') && this.errors.push(error.stack));
    page.on('console', (message) => message.type() === 'error' && /regiondiff/.test(`${message.text()} ${message.location().url}`) && this.errors.push(message.text()));
  }

  async come(theme = 'dark') {
    await this.page.addInitScript(spy);
    await this.page.goto(`${this.url}/?__theme=${theme}`, {waitUntil: 'commit'}); // fonts of elsewhere may never come
    await this.arrived();
  }

  async arrived() {
    await this.page.waitForSelector('#txt2img_prompt textarea');
    await this.page.waitForSelector('[id$="regiondiff_accordion-visible-checkbox"]', {state: 'attached'});
    await this.page.waitForTimeout(1500); // the host's own scripts
  }

  async reload() {
    await this.page.reload({waitUntil: 'commit'});
    this.tab = 'txt2img';
    await this.arrived();
  }

  /** A part of our accordion in the tab that is open, or of what stands beside Generate, or of our own tab. @param {string} inside @param {object} [more] */
  part(inside, more) {
    if (this.tab === 'regiondiff') return this.page.locator(`#tab_regiondiff .regiondiff-surface ${inside}`, more);
    return this.page.locator(`#tab_${this.tab} :is([id$="_regiondiff_accordion"], .rd-dock) ${inside}`, more);
  }

  /** Run something with the surface's app. @param {(app: any, given: any) => any} run @param {any} [given] */
  withApp(run, given) {
    return this.page.evaluate(([tab, text, given]) => new Function(`return ${text}`)()(document.querySelector(`#tab_${tab} .regiondiff-surface`).regiondiff, given), [this.tab, run.toString(), given]);
  }

  /** Open a tab by its name. @param {string} name @param {string} tab */
  async go(name, tab) {
    await this.page.locator('#tabs > .tab-nav button, #tabs > div > button', {hasText: name}).first().click();
    this.tab = tab;
  }

  /** Open the accordion and wait for the surface. */
  async open() {
    const header = this.part('.label-wrap').first();
    await header.scrollIntoViewIfNeeded();
    if (!(await header.evaluate((each) => each.classList.contains('open')))) {
      this.actions += 1;
      await header.click({position: {x: 200, y: 8}});
    }
    await this.surface();
  }

  /** Until the surface of the open tab is there. */
  async surface() {
    await this.part('.regiondiff-surface').scrollIntoViewIfNeeded();
    await this.page.waitForFunction((tab) => document.querySelector(`#tab_${tab} .regiondiff-surface`)?.regiondiff, this.tab);
    await this.part('.rd-canvas-holder').scrollIntoViewIfNeeded();
  }

  /** Set a number of the tab, as by typing. @param {string} name @param {number | string} value */
  async set(name, value) {
    const field = this.page.locator(`#${this.tab}_${name} input`).first();
    await field.fill(String(value));
    await field.press('Tab');
  }

  /** Drag over the canvas, in shares of it. @param {number[]} from @param {number[]} to */
  async drag(from, to) {
    this.actions += 1;
    await this.page.waitForTimeout(300); // nothing moves any more
    const {x, y} = await this.part('.rd-surface').boundingBox();
    const {view, size} = await this.withApp((app) => ({view: app.stage.view, size: app.editor.size}));
    const [start, end] = [from, to].map(([u, v]) => [x + view.x + u * size.width * view.zoom, y + view.y + v * size.height * view.zoom]);
    const {mouse} = this.page;
    await mouse.move(...start);
    await mouse.down();
    await mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, {steps: 4});
    await mouse.move(...end, {steps: 4});
    await mouse.up();
  }

  /** Paint a region and write what it shows, as one does: the cursor is in its prompt when the pointer is lifted. */
  async paint(from, to, words) {
    await this.drag(from, to);
    await this.page.waitForFunction((tab) => document.querySelector(`#tab_${tab} .regiondiff-surface`).regiondiff.inspector.filled?.fresh, this.tab);
    this.actions += 1;
    await this.page.keyboard.type(words);
  }

  brushes() {
    return this.withApp((app) => app.editor.state.palette.brushes.map(({prompt}) => prompt));
  }

  /** Until the surface has these prompts. @param {string[]} prompts */
  async until(prompts) {
    await this.page.waitForFunction(([tab, wanted]) => document.querySelector(`#tab_${tab} .regiondiff-surface`)?.regiondiff?.editor.state.palette.brushes.map(({prompt}) => prompt).join('|') === wanted, [this.tab, prompts.join('|')]);
  }

  /** Until a function of the surface's app, and of what is given, is true. @param {(app: any, given: any) => any} is @param {any} [given] */
  async untilApp(is, given) {
    await this.page.waitForFunction(([tab, text, given]) => new Function(`return ${text}`)()(document.querySelector(`#tab_${tab} .regiondiff-surface`).regiondiff, given), [this.tab, is.toString(), given]);
  }

  text() {
    return this.part('[id$="_regiondiff_palette"] textarea').inputValue();
  }

  isOn() {
    return this.part('[id$="_regiondiff_accordion-checkbox"] input, [id$="accordion-visible-checkbox"]').first().isChecked();
  }

  /** Draw by `start`, and give the new picture's file. @param {() => Promise<void>} start @returns {Promise<Buffer>} */
  async draw(start) {
    const before = await this.sources();
    await start();
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const fresh = (await this.sources()).filter((each) => !before.includes(each));
      if (fresh.length) return Buffer.from(await (await fetch(fresh[0])).arrayBuffer());
      await this.page.waitForTimeout(300);
    }
    throw new Error('expected a new picture in the gallery, got none');
  }

  sources() {
    return this.page.locator(`#${this.tab}_gallery img`).evaluateAll((images) => images.filter((each) => /file=/.test(each.src) && !each.closest('.livePreview')).map(({src}) => src.split('?')[0]));
  }

  async press(id) {
    await this.page.locator(id).first().evaluate((button) => button.click());
  }
}

/** What the demo's labeller sees in boxes of a picture. @param {string} file @param {number[][]} boxes */
export function see(file, ...boxes) {
  return runPython('see.py', file, ...boxes.map((box) => box.join(',')));
}

/** A word for the colours of a picture's pixels. @param {string} file @returns {Promise<string>} */
export function readPixels(file) {
  return runPython('pixels.py', file);
}
