// The rasteriser gives the golden masks to the pixel; Python is held to the same ones.

import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';

import {decodePng, encodePng} from '../../javascript/regiondiff/document/png.mjs';
import {drawShape} from '../../javascript/regiondiff/document/shapes.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';

const FOLDER = new URL('../golden/shapes/', import.meta.url);
const CASES = JSON.parse(await readFile(new URL('cases.json', FOLDER), 'utf8'));

for (const {file, width, height, shape} of CASES) {
  test(`${file}: ${JSON.stringify(shape).slice(0, 60)}`, async () => {
    const wanted = await decodePng(await readFile(new URL(file, FOLDER)));
    assert.deepEqual([wanted.width, wanted.height, wanted.channels], [width, height, 1]);
    assert.deepEqual(toPixels(drawShape(shape, {width, height}).tiles, {width, height}), wanted.data);
  });
}

test('pictures that are written can be read', async () => {
  for (const channels of [1, 4]) {
    const data = Uint8Array.from({length: 37 * 23 * channels}, (_, at) => (at * 31) % 256);
    const back = await decodePng(await encodePng(data, 37, 23, channels));
    assert.deepEqual(back.data, data);
  }
});
