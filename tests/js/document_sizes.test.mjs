// Sizes: what no canvas can hold is refused with one sentence, by whatever door it comes.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {fromPalette} from '../../javascript/regiondiff/document/palette_reading.mjs';
import {expectSize, MOST_PIXELS} from '../../javascript/regiondiff/document/sizes.mjs';
import {SCHEMA} from './palette_schema.mjs';

test('sizes that fit are taken, others are refused with the place, what was expected and what came', () => {
  for (const size of [{width: 64, height: 16384}, {width: 8192, height: MOST_PIXELS / 8192}]) assert.deepEqual(expectSize(size, 'size'), size);
  for (const size of [{width: 63, height: 64}, {width: 16385, height: 64}, {width: 8192, height: 4097}, {width: 64.5, height: 64}, {width: '64', height: 64}, {}, {width: NaN, height: 64}]) {
    assert.throws(() => expectSize(size, 'size'), (error) => error.message.startsWith('size: expected sides of 64 to 16384 pixels') && error.message.includes(`got ${size.width ?? 'none'} x`));
  }
});

test('a palette that is larger than a canvas can be is refused before anything is made of it', async () => {
  const brushes = [{id: 'a', mask: {rectangle: [0, 0, 1, 1]}}];
  await assert.rejects(fromPalette({version: 1, size: {width: 8192, height: 8192}, brushes}, SCHEMA), /^Error: size: expected .* got 8192 x 8192$/);
});
