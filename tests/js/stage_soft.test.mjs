// Soft edges are those of the planner: shares of cells beside those that Python has written down.

import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {test} from 'node:test';

import {rasterise} from '../../javascript/regiondiff/document/shapes.mjs';
import {averageCells, divideCells} from '../../javascript/regiondiff/stage/drawing/soft.mjs';

const CASES = JSON.parse(await readFile(new URL('../golden/shares.json', import.meta.url), 'utf8'));
const OFF = 0.035; // three boxes are not quite a Gaussian, and coverage has eight bits
const MEAN = 0.01;

for (const {size, brushes, shares} of CASES) {
  test(`${brushes.length} brushes on ${size.width} x ${size.height}`, () => {
    const grid = {cell: 8, columns: Math.ceil(size.width / 8), rows: Math.ceil(size.height / 8)};
    const layers = brushes.map(({mask, feather = 0, weight = 1}) => {
      const tiles = rasterise(mask, size);
      return {colour: 0, feather, weight, cells: averageCells(size, (tile) => tiles.get(tile))};
    });
    const soft = divideCells(layers, grid).soft.flatMap((share) => [...share]);
    assert.equal(soft.length, shares.length);
    const off = soft.map((share, index) => Math.abs(share - shares[index] / 1000));
    const most = Math.max(...off);
    assert.ok(most <= OFF, `${most} at ${off.indexOf(most)}`);
    assert.ok(off.reduce((sum, each) => sum + each, 0) / off.length <= MEAN);
  });
}
