// How many actions the ten commonest tasks take in other extensions' panels, done in a real browser and checked by what a picture says of itself.
//
//   node benchmarks/panel_actions.mjs http://127.0.0.1:7860 [--panel "Regional Prompter"] [--task 3] [--shots FOLDER]
//
// The WebUI needs the extensions installed and a small model chosen. Prints one JSON line a task, with the recorded steps. Each begins on a fresh page;
// what `begin` does is not counted. A task that a panel cannot do has no steps here: docs/reports/panels.md says which.

import path from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {findBrowser} from '../tests/e2e/stage/stage_page.mjs';
import {PANELS} from './panel_tasks.mjs';

const PATIENCE = 120_000;
const JOB = {width: 128, height: 128, steps: 1};

/** A person at a panel: does things, and notes each as one action. */
export class Hands {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string[]} */
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

  /** Open what is folded. @param {string} title */
  async unfold(title, inside = '') {
    await this.click(`open ${title}`, this.find(`${inside} .label-wrap:has(span:text-is("${title}"))`));
  }

  /** @param {string} what @param {import('playwright-core').Locator} target @param {string} text */
  async write(what, target, text) {
    await this.act(what, async () => {
      await target.click();
      await this.page.keyboard.press('Control+A');
      await this.page.keyboard.insertText(text);
      await target.blur();
    });
  }

  /** Write the main prompt. @param {string} text */
  async prompt(text) {
    await this.write('type the prompt', this.find(`#${this.tab}_prompt textarea`), text);
  }

  /** @param {string} what @param {import('playwright-core').Locator} target @param {number[]} from in shares of it @param {number[]} to */
  async drag(what, target, from, to) {
    await this.act(what, async () => {
      await target.scrollIntoViewIfNeeded();
      await this.page.waitForTimeout(300);
      const box = await target.boundingBox();
      if (!box) throw new Error(`expected something to drag over for “${what}”, got nothing`);
      const place = ([u, v]) => [box.x + u * box.width, box.y + v * box.height];
      await this.page.mouse.move(...place(from), {steps: 3});
      await this.page.mouse.down();
      await this.page.mouse.move(...place([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]), {steps: 4});
      await this.page.mouse.move(...place(to), {steps: 4});
      await this.page.mouse.up();
    });
  }

  /** Choose from a list. @param {string} label @param {string} choice */
  async choose(label, choice, inside = '') {
    await this.act(`choose ${choice}`, async () => {
      await this.find(`${inside} .block:has(span:text-is("${label}")) input`).click();
      await this.page.locator(`ul.options li:has-text("${choice}") >> visible=true`).first().click();
    });
  }

  /** Go to a tab of the WebUI. @param {string} tab */
  async go(tab) {
    await this.click(`tab ${tab}`, this.page.locator(`#tabs > .tab-nav button:has-text("${tab}"), #tabs > div > button:has-text("${tab}")`).first());
    this.tab = tab;
  }

  /** Have a picture drawn, and what it says of itself; no action of the task. @returns {Promise<string>} */
  async draw() {
    for (const [name, value] of Object.entries(JOB)) {
      const field = this.page.locator(`#${this.tab}_${name} input`).first();
      await field.fill(String(value));
      await field.press('Tab');
    }
    await this.settle();
    const said = this.page.locator(`#html_info_${this.tab}`).first();
    const before = await said.textContent();
    await this.page.locator(`#${this.tab}_generate`).click();
    await this.page.waitForFunction(([id, before]) => ((text) => text && text !== before && /Steps/.test(text))(document.getElementById(id)?.textContent), [`html_info_${this.tab}`, before], {timeout: PATIENCE});
    return (await said.textContent()) ?? '';
  }
}

/** @param {import('playwright-core').Browser} browser @param {string} url @param {import('./panel_tasks.mjs').Task} task @param {string | undefined} shot */
async function doTask(browser, url, task, shot) {
  const context = await browser.newContext({viewport: {width: 1280, height: 1600}});
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const hands = new Hands(page);
  try {
    await page.goto(url, {waitUntil: 'commit'});
    await page.waitForSelector('#txt2img_prompt textarea', {timeout: PATIENCE});
    await page.waitForTimeout(4000); // the host's own scripts
    await task.begin?.(hands);
    hands.steps = [];
    await task.run(hands);
    const steps = [...hands.steps];
    if (shot) await page.screenshot({path: shot});
    await task.check(hands);
    return steps;
  } catch (error) {
    if (shot) await page.screenshot({path: shot.replace('.png', '-failed.png')});
    throw error;
  } finally {
    await context.close();
  }
}

const {positionals: [url], values} = parseArgs({allowPositionals: true, options: {panel: {type: 'string'}, task: {type: 'string'}, shots: {type: 'string'}}});
const found = await findBrowser();
if (!url || !found) throw new Error('expected the address of a WebUI, and chromium');
const args = ['--no-sandbox', `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(url).hostname}`];
const browser = await found.chromium.launch({executablePath: found.executablePath, args});
for (const [panel, tasks] of Object.entries(PANELS)) {
  if (values.panel && values.panel !== panel) continue;
  for (const task of tasks) {
    if (values.task && Number(values.task) !== task.number) continue;
    const shot = values.shots && path.join(values.shots, `${panel.replaceAll(' ', '-')}-${task.number}.png`);
    const line = {benchmark: 'panel_actions', panel, task: task.number};
    try {
      const steps = await doTask(browser, url, task, shot);
      process.stdout.write(`${JSON.stringify({...line, actions: steps.length, steps})}\n`);
    } catch (error) {
      process.exitCode = 1;
      process.stdout.write(`${JSON.stringify({...line, failed: String(error).slice(0, 400)})}\n`);
    }
  }
}
await browser.close();
