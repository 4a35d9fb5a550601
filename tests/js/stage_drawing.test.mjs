// What the surface draws from masks: owners, outlines, dirty tiles.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {boxOfTile, SIDE} from '../../javascript/regiondiff/document/tiles.mjs';
import {composeTile, packColour} from '../../javascript/regiondiff/stage/drawing/compose.mjs';
import {findOwners, placeLabels} from '../../javascript/regiondiff/stage/drawing/labels.mjs';
import {Dirty, tilesIn} from '../../javascript/regiondiff/stage/drawing/dirty.mjs';
import {SoftEdges, averageCells, blur} from '../../javascript/regiondiff/stage/drawing/soft.mjs';
import {fillBlock, hideUnder, joinLines, kindOf, makeBlock, MIXED, traceBlock} from '../../javascript/regiondiff/stage/drawing/trace.mjs';

const WHOLE = {left: 0, top: 0, right: SIDE, bottom: SIDE};

/** A tile by a function of x and y. */
function tile(cover) {
  return Uint8Array.from({length: SIDE * SIDE}, (_, index) => cover(index % SIDE, Math.floor(index / SIDE)));
}

/** What painter's order gives a pixel by the formula of the planner, as floats: alpha and colours. */
function painted(layers, index) {
  let [left, sum] = [1, [0, 0, 0]];
  for (const {coverage, colour} of [...layers].reverse()) {
    const share = (left * coverage[index]) / 255;
    sum = sum.map((value, channel) => value + share * ((colour >>> (8 * channel)) & 255));
    left *= 1 - coverage[index] / 255;
  }
  return {alpha: 255 * (1 - left), rgb: sum.map((value) => value / Math.max(1e-9, 1 - left))};
}

test('owners are opaque and soft edges mix as the planner shares them', () => {
  let seed = 5;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const layers = Array.from({length: 5}, () => ({coverage: tile(() => [0, 255, Math.floor(256 * random())][Math.floor(3 * random())]), colour: Math.floor(random() * 0xffffff)}));
  const pixels = new Uint32Array(SIDE * SIDE).fill(0xdeadbeef);
  composeTile(pixels, layers, WHOLE);
  for (let index = 0; index < pixels.length; index += 1) {
    const {alpha, rgb} = painted(layers, index);
    assert.ok(Math.abs((pixels[index] >>> 24) - alpha) <= 2, `alpha at ${index}`);
    if (alpha > 100) rgb.forEach((value, channel) => assert.ok(Math.abs(((pixels[index] >>> (8 * channel)) & 255) - value) <= 6, `colour at ${index}`));
  }
});

test('only the asked part of a tile is written', () => {
  const pixels = new Uint32Array(SIDE * SIDE).fill(7);
  composeTile(pixels, [{coverage: tile(() => 255), colour: packColour('#102030')}], {left: 3, top: 5, right: 9, bottom: 6});
  assert.equal(pixels.filter((pixel) => pixel === 0xff302010).length, 6);
  assert.equal(pixels.filter((pixel) => pixel === 7).length, SIDE * SIDE - 6);
});

/** Outlines of a whole canvas, traced tile by tile. */
function outlines(masks, size) {
  const columns = Math.ceil(size.width / SIDE);
  const rows = Math.ceil(size.height / SIDE);
  const found = masks.map(() => []);
  const block = makeBlock();
  for (let number = 0; number < columns * rows; number += 1) {
    const [x, y] = [(number % columns) * SIDE, Math.floor(number / columns) * SIDE];
    block.above.fill(0);
    masks.forEach((mask, which) => {
      const at = (dx, dy) => (x + dx < 0 || y + dy < 0 ? undefined : tile((px, py) => mask(x + dx * SIDE + px, y + dy * SIDE + py)));
      const [width, height] = [Math.min(SIDE, size.width - x), Math.min(SIDE, size.height - y)];
      const part = {width, height, columns: width + (x + width === size.width), rows: height + (y + height === size.height)};
      fillBlock(block, at, part);
      if (kindOf(block, part) === MIXED) found[which].push(...traceBlock(block, part, x, y));
      hideUnder(block);
    });
  }
  return found.map((lines) => joinLines(lines));
}

const isClosed = ({points}) => Math.hypot(points[0] - points.at(-2), points[1] - points.at(-1)) < 1e-6;
const area = ({points}) => points.reduce((sum, x, index) => (index % 2 || index + 3 >= points.length + 0 ? sum : sum + (x * points[index + 3] - points[index + 2] * points[index + 1]) / 2), 0);

for (const size of [{width: 64, height: 64}, {width: 200, height: 130}, {width: 256, height: 192}]) {
  test(`outlines close and enclose what masks cover, ${size.width}x${size.height}`, () => {
    const box = (l, t, r, b) => (x, y) => (x >= l && x < r && y >= t && y < b ? 255 : 0);
    const [w, h] = [size.width, size.height];
    for (const [l, t, r, b] of [[0, 0, w, h], [10, 12, 50, 41], [w - 9, 3, w, h - 3], [1, 1, w - 1, h - 1]]) {
      const [lines] = outlines([box(l, t, r, b)], size);
      assert.equal(lines.length, 1);
      assert.ok(isClosed(lines[0]), `closed: ${lines[0].points} for ${[l, t, r, b]}`);
      assert.ok(Math.abs(area(lines[0]) - (r - l) * (b - t)) <= 2, `${area(lines[0])} of ${(r - l) * (b - t)}`);
      assert.ok(lines[0].points.length <= 24, 'straight edges are single lines');
    }
  });
}

test('a hole has an outline of its own, the other way round', () => {
  const ring = (x, y) => (Math.hypot(x - 90, y - 60) < 50 && Math.hypot(x - 90, y - 60) > 20 ? 255 : 0);
  const [lines] = outlines([ring], {width: 180, height: 120});
  assert.equal(lines.length, 2);
  const areas = lines.map(area).sort((a, b) => a - b);
  assert.ok(areas[0] < -1100 && areas[1] > 7700);
});

test('what an upper brush covers is hidden, and nothing else', () => {
  const lower = (x, y) => (x >= 20 && x < 160 && y >= 20 && y < 100 ? 255 : 0);
  const upper = (x) => (x >= 100 ? 255 : 0);
  const [, lines] = outlines([upper, lower], {width: 200, height: 130});
  assert.equal(lines.length, 2);
  for (const {points, hidden} of lines) {
    for (let index = 0; index < points.length; index += 2) assert.ok(hidden ? points[index] >= 99 : points[index] <= 101);
  }
  assert.deepEqual(lines.map((line) => line.hidden).sort(), [false, true]);
});

test('a box dirties its tiles, and a tile only its part', () => {
  const size = {width: 200, height: 130};
  assert.deepEqual(tilesIn({left: 63, top: 64, right: 65, bottom: 65}, size), [4, 5]);
  assert.deepEqual(boxOfTile(11, size), {left: 192, top: 128, right: 200, bottom: 130});
  const dirty = new Dirty();
  dirty.add({left: 60.5, top: 10.2, right: 70.5, bottom: 12.5}, size);
  dirty.add({left: -50, top: 11, right: 2, bottom: 20}, size);
  const taken = dirty.take();
  assert.deepEqual(taken.get(0), {left: 0, top: 10, right: 64, bottom: 20});
  assert.deepEqual(taken.get(1), {left: 64, top: 10, right: 71, bottom: 13});
  assert.equal(dirty.take().size, 0);
});

test('a feather is a Gaussian of its deviation and keeps the sum', () => {
  for (const deviation of [0.5, 1, 2.3, 6]) {
    const [columns, rows] = [81, 81];
    const share = new Float32Array(columns * rows);
    share[40 * columns + 40] = 1;
    const soft = blur(share, deviation, columns, rows);
    let [sum, variance] = [0, 0];
    soft.forEach((value, index) => {
      sum += value;
      variance += value * ((index % columns) - 40) ** 2;
    });
    assert.ok(Math.abs(sum - 1) < 1e-3, `${sum}`);
    assert.ok(Math.abs(Math.sqrt(variance) / deviation - 1) < 0.12, `${Math.sqrt(variance)} for ${deviation}`);
  }
});

test('soft edges are between the two colours, and far from them nothing is soft', () => {
  const size = {width: 256, height: 192};
  const half = () => tile(() => 255);
  const edges = new SoftEdges(size, [{colour: packColour('#ff0000'), feather: 16, weight: 1, cells: averageCells(size, (number) => (number % 4 < 2 ? half() : undefined))}]);
  const alpha = (x) => edges.at(x, 96) >>> 24;
  assert.ok(Math.abs(alpha(128) - 128) < 8, `${alpha(128)}`);
  assert.ok(alpha(112) > 200 && alpha(144) < 55 && alpha(144) > 20);
  assert.equal(edges.at(112, 96) & 255, 255);
  const boxes = edges.boxes();
  assert.ok(boxes.length && boxes.every((box) => box.left >= 56 && box.right <= 200));
  assert.equal(new SoftEdges(size, [{colour: 0, feather: 0, weight: 1, cells: averageCells(size, half)}]).boxes().length, 0);
});

test('labels stand at the upper left of what their brush owns, above its middle, and apart', () => {
  const size = {width: 512, height: 384};
  const columns = size.width / SIDE;
  const masks = {
    box: (x, y) => x >= 330 && x < 496 && y >= 206 && y < 366,
    round: (x, y) => (x - 440) ** 2 + (y - 76) ** 2 < 3600,
    ground: (_, y) => y >= 200,
    hidden: (x, y) => x >= 340 && x < 400 && y >= 220 && y < 300,
  };
  const tiles = Object.fromEntries(Object.entries(masks).map(([id, mask]) => [id, Array.from({length: 48}, (_, number) => tile((x, y) => (mask((number % columns) * SIDE + x, Math.floor(number / columns) * SIDE + y) ? 255 : 0)))]));
  const tileOf = (id, number) => tiles[id][number];
  const owners = findOwners(size, Object.keys(masks), tileOf);
  const label = {width: 120, height: 24};
  const [box, round, ground, hidden] = placeLabels(owners, [label, label, label, label]);
  assert.ok(box.x < 340 && box.y < 215, JSON.stringify(box));
  assert.ok(round.y + label.height < 76, JSON.stringify(round));
  assert.ok(ground.x < 10 && ground.y < 210, JSON.stringify(ground));
  assert.equal(hidden, null);
});
