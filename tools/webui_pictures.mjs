// Takes pictures of the accordion and the tab in a running WebUI, in its states and sizes, light and dark, for the docs and to look at.
//
//   node tools/webui_pictures.mjs http://127.0.0.1:7860 FOLDER [WORDS]
//
// The WebUI has the demo model; WORDS name what to take, such as `wide` or `dark`, or the last state. CHROMIUM names another browser.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {findBrowser} from '../tests/e2e/stage/stage_page.mjs';
import {Visitor} from '../tests/e2e/webui/visitor.mjs';

const [url, folder, ...given] = process.argv.slice(2);
const SIZES = {laptop: {width: 1280, height: 800}, wide: {width: 1920, height: 1080}};
const MODEL = 'toyworld';
const JOB = {width: 448, height: 256, steps: 5, cfg_scale: 1, seed: 3};

/** What is to be seen, one after the other; each leaves the page as the next one finds it. @type {Record<string, (visitor: Visitor) => Promise<void>>} */
const STATES = {
  empty: async (visitor) => {
    await visitor.open();
    await visitor.part('.label-wrap').first().evaluate((header) => header.scrollIntoView({block: 'center'}));
  },
  painted: async (visitor) => {
    await visitor.part('.rd-surface').click({position: {x: 30, y: 40}});
    await visitor.part('.rd-canvas-holder').scrollIntoViewIfNeeded();
    await visitor.paint([0.06, 0.1], [0.45, 0.9], 'a red house');
    await visitor.page.keyboard.press('Tab');
    await visitor.paint([0.55, 0.1], [0.94, 0.9], 'a green tree');
    await visitor.untilApp((app) => Object.keys(app.verdict?.shares ?? {}).length === 2);
    await show(visitor);
  },
  drawn: async (visitor) => {
    await visitor.draw(() => visitor.page.keyboard.press('Control+Enter'));
    await show(visitor);
  },
  tab: async (visitor) => {
    await visitor.go('Semantic Palette', 'regiondiff');
    await visitor.page.waitForFunction(() => document.querySelector('#tab_regiondiff .regiondiff-surface').regiondiff?.drawing.shown);
    await visitor.page.waitForTimeout(2000);
  },
  badge: async (visitor) => {
    await visitor.go('txt2img', 'txt2img');
    await visitor.withApp((app) => (app.selection.set('b1'), app.setField('b1', 'prompt', '')));
    await visitor.untilApp((app) => app.verdict?.badges.b1);
    await show(visitor);
    await visitor.withApp((app) => app.editor.undo());
  },
  failed: async (visitor) => {
    await visitor.withApp((app, prompt) => app.setField('b2', 'prompt', prompt), `(a green tree:${'9'.repeat(40)})`);
    await visitor.withApp((app) => app.generate());
    await visitor.part('.rd-toast').waitFor();
    await show(visitor);
    await visitor.withApp((app) => app.editor.undo());
  },
  more: async (visitor) => {
    await visitor.part('.rd-strip-end .rd-button').first().click();
    await show(visitor);
    await visitor.part('.rd-strip-end .rd-button').first().click();
  },
  window: async (visitor) => {
    await visitor.part('.rd-head-line .rd-full').click();
  },
  json: async (visitor) => {
    await visitor.page.keyboard.press('Escape');
    await visitor.part('.rd-segments [data-view="json"]').click();
    await show(visitor);
  },
  typed: async (visitor) => {
    await visitor.withApp((app) => app.replace(app.makeEmpty(), 'new'));
    await visitor.page.locator('#txt2img_prompt textarea').fill('a red house\na green tree');
    await visitor.part('.rd-segments [data-view="type"]').click();
    await visitor.page.waitForFunction(() => document.querySelectorAll('#tab_txt2img .regiondiff-legend li').length >= 2);
    await show(visitor);
  },
};

/** The accordion's header near the upper edge, and all of it settled. @param {Visitor} visitor */
async function show(visitor) {
  await visitor.page.waitForTimeout(900);
  await visitor.part('.label-wrap').first().evaluate((header) => window.scrollTo(0, header.getBoundingClientRect().top + window.scrollY - 16));
  await visitor.page.waitForTimeout(300);
}

/** Choose the demo model in the WebUI's own list: Forge's stays empty where a client of the API has chosen it by its title. @param {Visitor} visitor */
async function chooseModel({page}) {
  const chosen = page.locator(':is(#setting_sd_model_checkpoint, .model_selection) input').first();
  for (const end = Date.now() + 10_000; Date.now() < end && !(await chosen.inputValue()); ) await page.waitForTimeout(300);
  if ((await chosen.inputValue()).startsWith(MODEL)) return;
  await chosen.click();
  await page.locator('ul.options li', {hasText: MODEL}).first().click();
  await page.waitForTimeout(3000); // it is loaded
}

/** Small pictures by the demo model in few steps. @param {Visitor} visitor */
async function setUp(visitor) {
  await chooseModel(visitor);
  for (const [name, value] of Object.entries(JOB)) await visitor.set(name, value);
  await visitor.page.locator('#txt2img_prompt textarea').fill('green grass <lora:toyworld-lcm:1>');
  const sampler = visitor.page.locator('#txt2img_sampling input').first();
  await sampler.click();
  await sampler.fill('LCM');
  await sampler.press('Enter');
}

const words = given.filter((word) => !(word in STATES));
const names = Object.keys(STATES);
const last = names.findLast((name) => given.includes(name)) ?? names.at(-1);
const found = await findBrowser();
if (!found || !folder) throw new Error('expected the address of a WebUI, a folder, and chromium');
await mkdir(folder, {recursive: true});
const browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const theme of ['light', 'dark']) {
      if (!words.every((word) => [size, theme].includes(word))) continue;
      const context = await browser.newContext({viewport});
      const visitor = new Visitor(await context.newPage(), url);
      await visitor.come(theme);
      await setUp(visitor);
      for (const [state, make] of Object.entries(STATES)) {
        await make(visitor);
        await visitor.page.waitForTimeout(400);
        await visitor.page.screenshot({path: path.join(folder, `${size} ${theme} ${state}.png`)});
        if (state === last) break;
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}
