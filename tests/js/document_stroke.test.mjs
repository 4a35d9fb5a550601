// Strokes against their definition, pixel by pixel.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke, raiseSegment, thinOut} from '../../javascript/regiondiff/document/stroke.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';
import {boxOfTile} from '../../javascript/regiondiff/document/tiles.mjs';

const SIZE = {width: 150, height: 110};
const PLAIN = {size: 40, hardness: 0.9, opacity: 1, pressureSize: false, pressureOpacity: false, erase: false};

function makeRandom(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Cover of a pixel by definition: full up to the soft edge, which ends half a pixel outside of the brush's ring. */
function cover(x, y, from, to, options) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length)) : 1;
  const radius = (pressure) => Math.max(0.5, (options.size / 2) * (options.pressureSize ? pressure : 1));
  const here = radius(from.pressure) + along * (radius(to.pressure) - radius(from.pressure));
  const soft = Math.max(1, (1 - options.hardness) * here);
  const most = 255 * options.opacity * (options.pressureOpacity ? to.pressure : 1);
  return most * Math.min(1, Math.max(0, (here + 0.5 - Math.hypot(x - from.x - along * dx, y - from.y - along * dy)) / soft));
}

test('a stroke covers each pixel as defined, and tells where it has', () => {
  const random = makeRandom(3);
  for (let count = 0; count < 200; count += 1) {
    const place = () => ({x: random() * 190 - 20, y: random() * 150 - 20, pressure: random()});
    const from = place();
    const to = [place(), {...from, x: from.x + 30}, {...from, y: from.y - 30}, from][count % 4];
    const options = {...PLAIN, size: [1, 3, 20, 90][Math.floor(random() * 4)], hardness: [0, 0.5, 0.9, 1][Math.floor(random() * 4)], opacity: random() < 0.5 ? 1 : random(), pressureSize: random() < 0.5, pressureOpacity: random() < 0.3};
    const strength = new Map();
    const raised = raiseSegment(strength, null, from, options, SIZE);
    for (const [number, box] of raiseSegment(strength, from, to, options, SIZE)) {
      const old = raised.get(number) ?? box;
      raised.set(number, {left: Math.min(old.left, box.left), top: Math.min(old.top, box.top), right: Math.max(old.right, box.right), bottom: Math.max(old.bottom, box.bottom)});
    }
    const pixels = toPixels(strength, SIZE);
    for (let y = 0; y < SIZE.height; y += 1) {
      for (let x = 0; x < SIZE.width; x += 1) {
        const due = Math.max(cover(x + 0.5, y + 0.5, from, from, options), cover(x + 0.5, y + 0.5, from, to, options));
        assert.ok(Math.abs(pixels[y * SIZE.width + x] - due) <= 1.01, `${x} ${y}: ${pixels[y * SIZE.width + x]}, not ${due} (${JSON.stringify({from, to, options})})`);
        const box = raised.get((y >> 6) * 3 + (x >> 6));
        if (pixels[y * SIZE.width + x]) assert.ok(box && x >= box.left && x < box.right && y >= box.top && y < box.bottom);
      }
    }
    for (const [number, box] of raised) assert.ok(box.left >= boxOfTile(number, SIZE).left && box.bottom <= boxOfTile(number, SIZE).bottom);
    assert.equal(raiseSegment(strength, from, to, options, SIZE).size, 0, 'the same once more strengthens nothing');
  }
});

test('the edge of a soft brush ends at its ring on all sides', () => {
  const strength = new Map();
  raiseSegment(strength, null, {x: 75, y: 55, pressure: 1}, {...PLAIN, size: 80, hardness: 0}, SIZE);
  const pixels = toPixels(strength, SIZE);
  for (const [x, y] of [[75 + 39, 55], [75 - 40, 55], [75, 55 + 39], [75, 55 - 40]]) assert.ok(pixels[y * SIZE.width + x] < 8, `${x} ${y}`);
});

test('places on the way are left out, and the stroke stays the same within its edge', () => {
  const random = makeRandom(9);
  for (const options of [PLAIN, {...PLAIN, size: 100}, {...PLAIN, size: 2}, {...PLAIN, pressureSize: true}]) {
    const points = Array.from({length: 120}, (_, index) => ({x: 75 + 50 * Math.cos(index / 20) + 0.02 * random(), y: 55 + 40 * Math.sin(index / 20), pressure: 0.5 + 0.4 * Math.sin(index / 15)}));
    const kept = thinOut(null, points, options);
    assert.ok(kept.length < 90 || options.size === 2, `${kept.length} of ${points.length}`);
    assert.deepEqual(kept.at(-1), points.at(-1));
    const pixels = [points, kept].map((list) => {
      const strength = new Map();
      list.forEach((point, index) => raiseSegment(strength, list[index - 1] ?? null, point, options, SIZE));
      return toPixels(strength, SIZE);
    });
    const area = pixels.map((each) => each.reduce((sum, value) => sum + (value >= 128 ? 1 : 0), 0));
    assert.ok(Math.abs(area[0] - area[1]) <= 0.01 * area[0] + 12, `${options.size}: ${area}`);
  }
});

test('what a stroke does not change is not told', () => {
  const editor = new Editor(emptyState(SIZE));
  const id = editor.addBrush();
  const whole = editor.stroke(id);
  whole.shape({rectangle: [0, 0, 0.5, 1]}, false);
  whole.commit();
  const told = [];
  editor.on((change) => told.push(...(change.masks?.get(id) ?? [])));
  const session = editor.stroke(id);
  session.stamp([{x: 30, y: 50, pressure: 1}], PLAIN, drawStroke);
  assert.deepEqual(told, []);
  session.stamp([{x: 66, y: 50, pressure: 1}], PLAIN, drawStroke);
  assert.ok(told.length > 0 && told.every(({left}) => left >= 74), JSON.stringify(told));
  session.commit();
});
