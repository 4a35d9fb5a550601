// Another canvas size: there and back by whole factors is what it was, areas keep their means, shapes stay shapes.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';

import {cutColours, toPixels, toTiles} from '../../javascript/regiondiff/document/rasters.mjs';
import {resizeCanvas} from '../../javascript/regiondiff/document/resizing.mjs';
import {drawShape} from '../../javascript/regiondiff/document/shapes.mjs';
import {emptyState, equal} from '../../javascript/regiondiff/document/state.mjs';
import {FULL} from '../../javascript/regiondiff/document/tiles.mjs';

const side = fc.integer({min: 1, max: 150});
const sizes = fc.record({width: side, height: side});
/** Blocks of any cover on an empty mask. */
const blocks = fc.array(fc.record({x: fc.nat(149), y: fc.nat(149), wide: fc.integer({min: 1, max: 100}), high: fc.integer({min: 1, max: 100}), value: fc.nat(255)}), {maxLength: 5});

function paint(size, list, bands) {
  const pixels = new Uint8Array(bands * size.width * size.height);
  for (const {x, y, wide, high, value} of list) {
    for (let row = y; row < Math.min(size.height, y + high); row += 1) {
      for (let column = x; column < Math.min(size.width, x + wide); column += 1) for (let band = 0; band < bands; band += 1) pixels[bands * (row * size.width + column) + band] = (value + 40 * band + row) % 256;
    }
  }
  return pixels;
}

function makeState(size, list) {
  const state = emptyState(size);
  const shape = {ellipse: [0.1, 0.2, 0.7, 0.8]};
  state.masks.set('b1', {shape: null, tiles: toTiles(paint(size, list, 1), size)});
  state.masks.set('b2', drawShape(shape, size));
  state.colour = {tiles: cutColours(paint(size, list, 4), size)};
  return state;
}

const bytes = (tiles) => [...tiles].map(([number, tile]) => [number, Buffer.from(tile).toString('hex')]).sort((a, b) => a[0] - b[0]);
/** Colours that can be seen: what is transparent has none. */
const seen = (tiles) => bytes(new Map([...tiles].map(([number, tile]) => [number, tile.map((value, at) => (tile[at | 3] ? value : 0))]).filter(([, tile]) => tile.some(Boolean))));

test('there and back by whole factors is the identity', () => {
  const factor = fc.integer({min: 1, max: 5});
  fc.assert(
    fc.property(sizes, blocks, factor, factor, (size, list, across, down) => {
      const state = makeState(size, list);
      const large = resizeCanvas(state, {width: size.width * across, height: size.height * down});
      const back = resizeCanvas(large, size);
      assert.deepEqual(back.palette, state.palette);
      for (const id of ['b1', 'b2']) assert.deepEqual(bytes(back.masks.get(id).tiles), bytes(state.masks.get(id).tiles));
      assert.deepEqual(seen(back.colour.tiles), seen(state.colour.tiles));
      assert.deepEqual(large.masks.get('b2').shape, state.masks.get('b2').shape);
    }),
    {numRuns: 150},
  );
});

/** The mean of what a pixel takes over, by its definition. */
function takeMean(pixels, from, to, x, y) {
  let sum = 0;
  const [left, right, top, bottom] = [(x * from.width) / to.width, ((x + 1) * from.width) / to.width, (y * from.height) / to.height, ((y + 1) * from.height) / to.height];
  for (let row = Math.floor(top); row < bottom; row += 1) {
    for (let column = Math.floor(left); column < right; column += 1) sum += Math.max(0, Math.min(right, column + 1) - Math.max(left, column)) * Math.max(0, Math.min(bottom, row + 1) - Math.max(top, row)) * (pixels[row * from.width + column] ?? 0);
  }
  return sum / ((right - left) * (bottom - top));
}

test('any pixel is the mean of the area that it takes over', () => {
  fc.assert(
    fc.property(sizes, sizes, blocks, fc.nat(), (from, to, list, seed) => {
      const state = makeState(from, list);
      const [old, now] = [toPixels(state.masks.get('b1').tiles, from), toPixels(resizeCanvas(state, to).masks.get('b1').tiles, to)];
      for (let count = 0; count < 40; count += 1) {
        const at = Math.imul(seed + count, 2654435761) >>> 1;
        const [x, y] = [at % to.width, (at >> 8) % to.height];
        assert.ok(Math.abs(now[y * to.width + x] - takeMean(old, from, to, x, y)) <= 0.51);
      }
    }),
    {numRuns: 200},
  );
});

test('what is placed elsewhere keeps its pixels, and comes back if none were cut off', () => {
  const room = fc.nat(140);
  fc.assert(
    fc.property(sizes, blocks, room, room, room, room, (size, list, left, top, right, bottom) => {
      const state = makeState(size, list);
      const to = {width: size.width + left + right, height: size.height + top + bottom};
      const moved = resizeCanvas(state, to, {x: left, y: top});
      const [old, now] = [toPixels(state.masks.get('b1').tiles, size), toPixels(moved.masks.get('b1').tiles, to)];
      assert.equal(now.reduce((sum, value) => sum + value, 0), old.reduce((sum, value) => sum + value, 0));
      for (let y = 0; y < size.height; y += 1) assert.equal(Buffer.compare(now.subarray((y + top) * to.width + left, (y + top) * to.width + left + size.width), old.subarray(y * size.width, (y + 1) * size.width)), 0);
      const back = resizeCanvas(moved, size, {x: -left, y: -top});
      assert.deepEqual(bytes(back.masks.get('b1').tiles), bytes(state.masks.get('b1').tiles));
      assert.deepEqual(seen(back.colour.tiles), seen(state.colour.tiles));
      assert.ok(moved.masks.get('b2').shape);
    }),
    {numRuns: 150},
  );
});

test('shapes that are placed where no palette can hold them become what they cover', () => {
  const state = emptyState({width: 512, height: 512});
  state.masks.set('b1', drawShape({rectangle: [0, 0, 1, 1]}, state.palette.size));
  const far = resizeCanvas(state, {width: 64, height: 64}, {x: -300, y: -300}).masks.get('b1');
  assert.equal(far.shape, null);
  assert.deepEqual([...far.tiles.values()], [FULL]);
  const near = resizeCanvas(state, {width: 512, height: 1024}, {x: 0, y: 512}).masks.get('b1');
  assert.ok(equal(near.shape, {rectangle: [0, 0.5, 1, 1]}));
});

test('a canvas of the same size is the same document', () => {
  const state = makeState({width: 100, height: 70}, []);
  const same = resizeCanvas(state, {width: 100, height: 70});
  assert.equal(same.masks, state.masks);
  assert.equal(same.colour, state.colour);
});
