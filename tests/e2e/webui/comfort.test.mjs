// Prompts of brushes beside what people have installed and set in a running WebUI: REGIONDIFF_WEBUI=http://127.0.0.1:7860.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {findBrowser} from '../stage/stage_page.mjs';
import {countTokens, emphasise, takeCardsInTab, tellRival, writeStyles} from './comfort.mjs';
import {meetCompletion} from './completion.mjs';
import {url} from './host.mjs';
import {Visitor} from './visitor.mjs';

/** A style of the WebUI for these tests: in its styles.csv, `regiondiff test,style words,style negative`. */
const STYLE = 'regiondiff test';
const LORA = 'toyworld-lcm';

const found = url ? await findBrowser() : null;
let browser = null;

before(async () => {
  if (found) browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(() => browser?.close());

/** Somebody who has never been there, with an empty surface open. @param {'txt2img' | 'regiondiff'} where */
async function visit(where) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const visitor = new Visitor(await context.newPage(), url);
  await visitor.come();
  if (where === 'regiondiff') {
    await visitor.go('Semantic Palette', where);
    await visitor.page.waitForFunction(() => document.querySelector('#tab_regiondiff .regiondiff-surface').regiondiff);
  } else {
    await visitor.open();
    await visitor.part('.rd-surface').click({position: {x: 30, y: 40}});
  }
  return visitor;
}

for (const where of /** @type {const} */ (['txt2img', 'regiondiff'])) {
  test(`a1111-sd-webui-tagcomplete completes tags of brushes in ${where}`, {skip: !found}, async (run) => {
    const visitor = await visit(where);
    if (!(await meetCompletion(visitor))) run.skip('a1111-sd-webui-tagcomplete is not installed here');
    assert.deepEqual(visitor.errors, []);
    await visitor.page.context().close();
  });
}

/** @param {Visitor} visitor */
function hasStyle({page}) {
  return page.evaluate((name) => window.gradio_config.components.some(({props}) => props?.elem_id === 'txt2img_styles' && JSON.stringify(props.choices).includes(name)), STYLE);
}

test('styles are written into the brush whose prompt had the focus last', {skip: !found}, async (run) => {
  const visitor = await visit('txt2img');
  if (!(await hasStyle(visitor))) return run.skip(`the WebUI has no style "${STYLE}"`);
  await visitor.paint([0.05, 0.1], [0.4, 0.9], 'a red house');
  await writeStyles(visitor, STYLE);
  assert.deepEqual(visitor.errors, []);
  await visitor.page.context().close();
});

test('weights, tokens, cards and styles act on prompts of the tab Semantic Palette', {skip: !found}, async (run) => {
  const visitor = await visit('regiondiff');
  await visitor.paint([0.05, 0.1], [0.4, 0.9], 'a red house');
  await visitor.paint([0.5, 0.1], [0.9, 0.9], 'a green tree');
  await emphasise(visitor);
  await countTokens(visitor);
  await tellRival(visitor);
  if (!(await hasStyle(visitor))) return run.skip(`the WebUI has no style "${STYLE}"`);
  await takeCardsInTab(visitor, {lora: LORA, style: STYLE});
  assert.deepEqual(visitor.errors, []);
  await visitor.page.context().close();
});

/** The WebUI's localisation has these: in its folder of localisations, regiondiff-test.json and ja_JP.json, one chosen in its settings. */
const WORDS = {Paint: 'MALEN', 'Paint where each prompt applies': 'MALEN, WO'};

test("the WebUI's own localisation says our labels, and leaves words and palette alone", {skip: !found}, async (run) => {
  const visitor = await visit('txt2img');
  const {page} = visitor;
  const words = await page.evaluate(() => window.localization ?? {});
  if (!words.Paint) return run.skip('the WebUI has no localisation with the word "Paint" in it');
  const own = words.Paint === WORDS.Paint ? WORDS : {Paint: '描く'};
  const button = visitor.part('.rd-segments [data-view="paint"]');
  await visitor.paint([0.05, 0.1], [0.4, 0.9], 'a red house'); // which is in the list, too
  await visitor.paint([0.5, 0.1], [0.9, 0.9], 'house');
  await page.waitForFunction(() => /"house"/.test(document.querySelector('#tab_txt2img [id$="_regiondiff_palette"] textarea').value));
  assert.equal(await button.textContent(), own.Paint);
  if (own === WORDS) assert.equal(await button.getAttribute('title'), own['Paint where each prompt applies']);
  assert.deepEqual(JSON.parse(await visitor.text()).brushes.map(({prompt}) => prompt), ['a red house', 'house']);
  await visitor.part('.rd-main').last().click();
  assert.equal(await visitor.part('.rd-inspector [data-field="prompt"] textarea').inputValue(), 'a red house');
  assert.equal(await visitor.part('.rd-row').last().locator('.rd-name').textContent(), '1 red house');
  assert.deepEqual(visitor.errors, []);
  await page.context().close();
});
