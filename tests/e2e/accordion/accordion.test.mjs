// The views Type and JSON of the accordion, answered by the program itself.

import assert from 'node:assert/strict';
import {accordionTest} from './setup.mjs';

const PLAIN = JSON.stringify({version: 1, brushes: [{id: 'a', prompt: 'a pond', mask: {rectangle: [0, 0, 1, 1]}}]});
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

accordionTest('lines of the prompt are regions by two actions, and brushes by a third', async (hands, page) => {
  await hands.begin('Type lines');
  await hands.until((data) => data && 'typed' in data);
  assert.equal(await hands.isOn(), true);
  await page.waitForFunction(() => document.querySelectorAll('.regiondiff-legend li').length >= 2);
  await hands.control('spell').click();
  const {brushes} = await hands.until((data) => data?.brushes?.length === 2);
  assert.deepEqual(brushes.map(({prompt}) => prompt), ['sky', 'wood']);
  await hands.show('paint');
  await page.waitForFunction(() => document.querySelectorAll('.rd-rows .rd-row').length === 2);
});

accordionTest('options are written as fast as they are typed, and read back from a text', async (hands) => {
  await hands.begin('Type lines');
  await hands.until((data) => data && 'typed' in data);
  await hands.control('layout').selectOption('rows');
  await hands.control('ratios').pressSequentially('1,2,1', {delay: 5});
  await hands.control('feather').fill('24');
  await hands.control('common').check();
  await hands.until(({typed}) => JSON.stringify(typed) === '{"layout":"rows","ratios":"1,2,1","common":"first","feather":24}');
  assert.equal(await hands.control('ratios').inputValue(), '1,2,1');
  await hands.paste('{"typed": {"split": "BREAK", "ratios": "3,1"}}');
  await hands.until(({typed}) => typed.split === 'BREAK');
  await hands.page.waitForFunction(() => document.querySelector('[data-key="ratios"]')?.value === '3,1');
  assert.deepEqual([await hands.control('split').inputValue(), await hands.control('layout').inputValue(), await hands.control('common').isChecked()], ['BREAK', 'columns', false]);
});

accordionTest('the switch gives back the palette that it put aside', async (hands) => {
  await hands.paste(PLAIN);
  await hands.show('type');
  assert.equal(await hands.control('typed').isChecked(), false);
  await hands.control('typed').check();
  await hands.until((data) => 'typed' in data);
  await hands.control('typed').uncheck();
  await hands.until((data) => data.brushes?.[0].prompt === 'a pond');
});

accordionTest('a preset takes the place of brushes, which undo brings back', async (hands, page) => {
  await hands.paste(PLAIN);
  await hands.show('json');
  await page.waitForFunction((text) => document.querySelector('[data-key="text"]')?.value === text, PLAIN);
  await hands.control('preset').selectOption('Three rows');
  await hands.control('use').click();
  await hands.until(({brushes}) => brushes.length === 3);
  assert.equal(await hands.isOn(), true);
  await hands.control('undo').click();
  await hands.until(({brushes}) => brushes.length === 1 && brushes[0].prompt === 'a pond');
  assert.equal(await page.locator('.rd-said').isVisible(), false);
});

accordionTest('a text that undo would not bring back is replaced only when one has agreed', async (hands, page) => {
  await hands.paste('{"typed": {"layout": "rows"}}');
  await hands.show('type');
  await hands.show('json');
  await hands.control('use').click();
  await hands.control('keep_it').click();
  assert.equal(await hands.text(), '{"typed": {"layout": "rows"}}');
  assert.equal(await hands.isOn(), false);
  await hands.control('use').click();
  await hands.control('replace_it').click();
  await hands.until(({brushes}) => brushes?.length === 2);
  assert.equal(await hands.isOn(), true);
  assert.equal(await hands.control('undo').isVisible(), false);
  await hands.control('preset').selectOption('Three rows');
  await hands.control('use').click(); // a preset as it came is nobody's own
  await hands.until(({brushes}) => brushes.length === 3);
  await page.waitForFunction(() => /meadow/.test(document.querySelector('[data-key="text"]')?.value));
});

accordionTest('palettes are saved, loaded and replaced, and what goes wrong is told as text', async (hands, page) => {
  await hands.openText();
  await hands.control('text').fill(PLAIN);
  await hands.control('name').fill('../<b>x');
  await hands.control('save').click();
  assert.match(await hands.said(), /^Save as: expected a name of letters.*<b>x/);
  assert.equal(await page.locator('.rd-said b').count(), 0);
  await hands.control('name').fill('mine');
  await hands.control('save').click();
  await page.getByText('Saved mine.').waitFor();
  await hands.control('save').click();
  await page.getByText('there already').waitFor();
  await hands.control('replace').check();
  await hands.control('save').click();
  await page.getByText('Saved mine.').waitFor();
  await hands.control('text').fill('');
  assert.equal(await page.locator('.rd-said').isVisible(), false);
  await hands.control('saved').selectOption('mine');
  await hands.control('load').click();
  await page.getByText('Loaded mine.').waitFor();
  assert.equal(await hands.text(), PLAIN);
  await page.waitForTimeout(1000); // it is kept a moment after each change
  await page.reload();
  await hands.show('json'); // the palette is back
  await page.waitForFunction(() => [...document.querySelectorAll('[data-key="saved"] option')].some(({value}) => value === 'mine'));
});

accordionTest('what is typed as text is painted, and what is wrong with it can be mended', async (hands, page) => {
  await hands.openText();
  await hands.control('text').fill('{');
  await hands.show('paint');
  await page.locator('.rd-kind button').click(); // see the text
  await hands.control('text').fill(PLAIN);
  await hands.show('paint');
  await page.waitForFunction(() => document.querySelectorAll('.rd-rows .rd-row').length === 1);
});

accordionTest('a picture under the brushes is described while other questions are answered', async (hands) => {
  await hands.paste(JSON.stringify({...JSON.parse(PLAIN), background: {image: PIXEL}}));
  await hands.show('json');
  await hands.control('caption').click();
  await hands.control('preset').selectOption('Three rows');
  await hands.control('use').click();
  await hands.until(({brushes}) => brushes.length === 3);
  await hands.control('undo').click();
  await hands.until(({background}) => background?.prompt === 'a garden');
  assert.match(await hands.said(), /a garden/);
  await hands.control('caption').waitFor({state: 'hidden'}); // drawn after the answer has come
});

accordionTest('where the surface cannot be loaded, the text stands for itself', async (hands, page) => {
  await page.getByRole('alert').waitFor();
  assert.equal(await page.locator('[id$="_regiondiff_palette"] textarea').isVisible(), true);
  assert.equal(await page.locator('[id$="_regiondiff_ask"] textarea').isVisible(), false);
}, '?modules=none');
