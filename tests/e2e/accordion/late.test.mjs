// The accordion where the program behind it answers late, or not at all: nothing of a person's is lost meanwhile.

import assert from 'node:assert/strict';
import {accordionTest} from './setup.mjs';

const PLAIN = JSON.stringify({version: 1, brushes: [{id: 'a', prompt: 'a pond', mask: {rectangle: [0, 0, 1, 1]}}]});
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const ROWS = '{"typed": {"layout": "rows"}}';

accordionTest('a switch that is pressed twice gives back the palette, however late the answers are', async (hands) => {
  await hands.paste(PLAIN);
  await hands.show('type');
  await hands.delay();
  await hands.control('typed').click();
  await hands.control('typed').click();
  await hands.settle();
  assert.equal(await hands.text(), PLAIN);
});

accordionTest('regions that are turned into brushes by a double click are those that were seen', async (hands) => {
  await hands.paste(ROWS);
  await hands.show('type');
  await hands.control('spell').waitFor();
  await hands.delay();
  await hands.control('spell').dblclick();
  await hands.settle();
  assert.deepEqual((await hands.palette()).brushes.map(({mask}) => mask.rectangle), [[0, 0, 1, 0.5], [0, 0.5, 1, 1]]);
});

accordionTest('an option does not take the place of a palette that has come meanwhile', async (hands) => {
  await hands.paste(ROWS);
  await hands.show('type');
  await hands.control('ratios').waitFor();
  await hands.delay();
  await hands.control('ratios').pressSequentially('1');
  await hands.paste(PLAIN);
  await hands.settle();
  assert.equal(await hands.text(), PLAIN);
});

accordionTest('what is typed while a preset is on its way is replaced only when one has agreed', async (hands, page) => {
  await hands.openText();
  await hands.delay();
  const asked = page.waitForRequest((/** @type {any} */ request) => request.postData()?.includes('"do":"preset"'));
  await hands.control('use').click();
  await asked;
  await hands.control('text').fill('{"typed": {"ratios": "1,2"}}');
  await hands.control('replace_it').waitFor();
  assert.equal(await hands.text(), '{"typed": {"ratios": "1,2"}}');
});

accordionTest('the palette is there to be read and copied though nobody answers', async (hands) => {
  await hands.paste(PLAIN);
  await hands.lose();
  await hands.show('json');
  await hands.control('text').waitFor();
  assert.equal(await hands.control('text').inputValue(), PLAIN);
});

accordionTest('a switch that nobody answers stands as the palette is, and that nobody does is told', async (hands, page) => {
  await page.clock.install();
  await hands.paste(PLAIN);
  await hands.show('type');
  await hands.settle();
  await hands.lose();
  await hands.control('typed').click();
  assert.equal(await hands.control('typed').isChecked(), true);
  await page.clock.fastForward(21_000);
  await page.locator('.rd-toast').waitFor();
  assert.equal(await hands.control('typed').isChecked(), false);
  assert.equal(await hands.text(), PLAIN);
});

accordionTest('words for a picture do not take the place of a palette that has come meanwhile', async (hands, page) => {
  await hands.paste(JSON.stringify({...JSON.parse(PLAIN), background: {image: PIXEL}}));
  await hands.show('json');
  await hands.control('caption').waitFor();
  await hands.delay();
  const asked = page.waitForRequest((/** @type {any} */ request) => request.postData()?.includes('"do":"insert"'));
  await hands.control('caption').click();
  await asked;
  await hands.paste(PLAIN);
  await hands.settle();
  assert.equal(await hands.text(), PLAIN);
  assert.match(await hands.said(), /changed meanwhile.*a garden/);
});

accordionTest('a palette that comes as the view Type is opened is not put aside', async (hands, page) => {
  await hands.begin('Type lines');
  await hands.until((data) => data && 'typed' in data);
  await hands.show('json');
  await hands.paste('');
  await hands.settle();
  await page.evaluate((/** @type {string} */ text) => {
    const field = /** @type {HTMLTextAreaElement} */ (document.querySelector('[id$="_regiondiff_palette"] textarea'));
    field.value = text;
    /** @type {any} */ (window).updateInput(field);
    /** @type {HTMLElement} */ (document.querySelector('.rd-segments [data-view="type"]')).click();
  }, PLAIN);
  await hands.settle();
  assert.equal(await hands.text(), PLAIN);
});
