// The document: thousands of random edits keep palette, history and rasters consistent, and undo gives back every one.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {fillAround} from '../../javascript/regiondiff/document/fill.mjs';
import {MOST_STEPS} from '../../javascript/regiondiff/document/history.mjs';
import {openTile} from '../../javascript/regiondiff/document/packing.mjs';
import {toPixels, toTiles} from '../../javascript/regiondiff/document/rasters.mjs';
import {transformMask} from '../../javascript/regiondiff/document/resample.mjs';
import {drawShape} from '../../javascript/regiondiff/document/shapes.mjs';
import {emptyState, equal} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {boxOfTile, countTiles, FULL, uniform} from '../../javascript/regiondiff/document/tiles.mjs';

const OPTIONS = {size: 24, hardness: 0.5, opacity: 1, pressureSize: false, pressureOpacity: false, erase: false};

/** Numbers in [0, 1) that are the same in each run. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

function paint(editor, random, target) {
  const {width, height} = editor.size;
  const session = editor.stroke(target);
  const points = Array.from({length: 4}, () => ({x: random() * width, y: random() * height, pressure: random()}));
  session.stamp(points.slice(0, 2), {...OPTIONS, erase: random() < 0.3, opacity: random(), colour: '#336699'}, drawStroke);
  session.stamp(points.slice(2), {...OPTIONS, pressureSize: true, colour: '#336699'}, drawStroke);
  if (random() < 0.15) session.cancel();
  else session.commit();
}

function drag(editor, random, target) {
  const session = editor.stroke(target);
  const [a, b, c, d] = [random(), random(), random(), random()];
  const shape = pick(random, [{rectangle: [a / 2, b / 2, a / 2 + c / 2, b / 2 + d / 2]}, {ellipse: [a / 2, b / 2, a / 2 + c / 2, b / 2 + d / 2]}, {polygon: [[a, b], [c, d], [b, c]]}]);
  session.shape(shape, random() < 0.3, '#aa0000');
  if (random() < 0.1) session.cancel();
  else session.commit();
}

const EDITS = {
  addBrush: (editor) => editor.state.palette.brushes.length < 6 && editor.addBrush(),
  addAndPaint: (editor, random) => editor.state.palette.brushes.length < 6 && paint(editor, random, editor.addBrush()),
  paint: (editor, random, id) => id && paint(editor, random, id),
  colour: (editor, random) => paint(editor, random, 'colour'),
  drag: (editor, random, id) => id && drag(editor, random, id),
  fill: (editor, random, id) => {
    if (!id) return;
    const session = editor.stroke(id);
    session.fill({x: random() * editor.size.width, y: random() * editor.size.height}, random() < 0.3, undefined, fillAround);
    session.commit();
  },
  clear: (editor, random, id) => id && editor.clear(id),
  invert: (editor, random, id) => id && editor.invert(id),
  move: (editor, random, id) => id && editor.transform(id, {left: 0, top: 0, right: 64, bottom: 64}, {left: random() * 40, top: 5, right: 70, bottom: 60 + random() * 60}, transformMask, 'key'),
  type: (editor, random, id) => id && editor.change('prompt', (palette) => (palette.brushes.find((each) => each.id === id).prompt += pick(random, 'abc')), {merge: `prompt ${id}`}),
  whole: (editor, random) => editor.change('prompt', (palette) => (palette.background.prompt = String(random()))),
  remove: (editor, random, id) => id && random() < 0.3 && editor.removeBrush(id),
  duplicate: (editor, random, id) => id && editor.state.palette.brushes.length < 6 && editor.duplicateBrush(id),
  order: (editor, random, id) => id && editor.moveBrush(id, Math.floor(random() * 4)),
  merge: (editor, random, id) => id && random() < 0.3 && editor.mergeDown(id),
  resize: (editor, random) => random() < 0.2 && editor.resize({width: pick(random, [96, 130, 192]), height: pick(random, [64, 100])}),
  place: (editor, random) => random() < 0.2 && editor.resize({width: pick(random, [100, 130, 260]), height: pick(random, [64, 100, 200])}, {x: Math.floor(random() * 90) - 45, y: Math.floor(random() * 90) - 45}),
  undo: (editor, random) => Array.from({length: 1 + Math.floor(random() * 3)}, () => editor.undo()),
  redo: (editor) => editor.redo(),
};

/** All that a state is, as bytes and text. */
function freeze(state) {
  return {palette: JSON.stringify(state.palette), masks: [...state.masks].map(([id, {shape, tiles}]) => [id, JSON.stringify(shape), copy(tiles)]).sort(), colour: copy(state.colour.tiles)};
}

function copy(tiles) {
  return [...tiles].map(([number, tile]) => [number, Buffer.from(tile).toString('latin1')]).sort((a, b) => a[0] - b[0]);
}

function checkConsistent(editor) {
  const {palette, masks} = editor.state;
  const ids = palette.brushes.map(({id}) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of masks.keys()) assert.ok(ids.includes(id), `a mask without a brush: ${id}`);
  assert.equal(editor.state, editor.steps[editor.at].state);
  assert.ok(editor.steps.length <= MOST_STEPS + 1);
}

/** Tiles are on the canvas, nothing is beyond its edges, none is empty, full ones are one; a shape covers what it says. */
function checkRasters({palette: {size}, masks, colour}) {
  for (const {shape, tiles} of [...masks.values(), {shape: null, tiles: colour.tiles}]) {
    for (const [number, kept] of tiles) {
      assert.ok(number < countTiles(size));
      const tile = kept instanceof Uint8ClampedArray ? kept.filter((_, at) => at % 4 === 3) : openTile(kept);
      const {left, top, right, bottom} = boxOfTile(number, size);
      if (kept !== FULL) for (let at = 0; at < 4096; at += 1) if (at % 64 >= right - left || at >> 6 >= bottom - top) assert.equal(tile[at], 0, `tile ${number} at ${at}`);
      if (!(kept instanceof Uint8ClampedArray)) assert.ok(kept === FULL || uniform(tile) === null);
    }
    if (shape) assert.deepEqual(copy(tiles), copy(drawShape(shape, size).tiles));
  }
}

test('10,000 random edits keep the document consistent, and undo of all gives the first one', async () => {
  const random = makeRandom(7);
  let editor = new Editor(emptyState({width: 130, height: 100}));
  let [first, made] = [freeze(editor.state), 0];
  for (let count = 0; count < 10000; count += 1) {
    const id = pick(random, editor.state.palette.brushes)?.id ?? null;
    const before = editor.at;
    const name = pick(random, Object.keys(EDITS));
    await EDITS[name](editor, random, id);
    checkConsistent(editor);
    if (editor.at > before) made += 1;
    if (count % 20 === 0) checkRasters(editor.state);
    if (count % 250 === 249) {
      const now = freeze(editor.state);
      const steps = editor.at;
      while (editor.canUndo) editor.undo();
      assert.deepEqual(freeze(editor.state), first);
      for (let step = 0; step < steps; step += 1) editor.redo();
      assert.deepEqual(freeze(editor.state), now);
      editor = new Editor(editor.state);
      first = now;
    }
  }
  assert.ok(made > 3000, `only ${made} steps`);
});

test('a listener that repaints only what it is told of has every pixel right', async () => {
  const random = makeRandom(11);
  const editor = new Editor(emptyState({width: 130, height: 100}));
  const seen = new Map();
  editor.on((change) => {
    for (const [id, boxes] of change.masks ?? []) {
      const tiles = seen.get(id) ?? new Map();
      for (const box of boxes) copyBox(editor, id, tiles, box);
      seen.set(id, tiles);
    }
  });
  for (let count = 0; count < 1500; count += 1) {
    const name = pick(random, Object.keys(EDITS).filter((each) => !['resize', 'place'].includes(each)));
    await EDITS[name](editor, random, pick(random, editor.state.palette.brushes)?.id ?? null);
    for (const {id} of editor.state.palette.brushes) {
      assert.deepEqual(toPixels(seen.get(id) ?? new Map(), editor.size), toPixels(editor.maskOf(id).tiles, editor.size), `${name} left ${id} stale`);
    }
  }
});

function copyBox(editor, id, tiles, box) {
  const columns = Math.ceil(editor.size.width / 64);
  for (let number = 0; number < columns * Math.ceil(editor.size.height / 64); number += 1) {
    const part = boxOfTile(number, editor.size);
    const tile = (tiles.get(number) ?? new Uint8Array(4096)).slice();
    const now = editor.tileOf(id, number);
    for (let y = Math.max(part.top, box.top); y < Math.min(part.bottom, box.bottom); y += 1) {
      for (let x = Math.max(part.left, box.left); x < Math.min(part.right, box.right); x += 1) tile[(y & 63) * 64 + (x & 63)] = now?.[(y & 63) * 64 + (x & 63)] ?? 0;
    }
    tiles.set(number, tile);
  }
}

test('a brush and the stroke that made it are one step; a cancelled one leaves nothing', () => {
  const editor = new Editor();
  const id = editor.addBrush();
  const session = editor.stroke(id);
  session.stamp([{x: 50, y: 50, pressure: 1}], OPTIONS, drawStroke);
  session.commit();
  assert.equal(editor.at, 1);
  editor.undo();
  assert.equal(editor.state.palette.brushes.length, 0);
  const second = editor.stroke(editor.addBrush());
  second.stamp([{x: 50, y: 50, pressure: 1}], OPTIONS, drawStroke);
  second.cancel();
  assert.equal(editor.state.palette.brushes.length, 0);
  assert.equal(editor.state.masks.size, 0);
});

test('typing is one step until something else is done', () => {
  const editor = new Editor();
  const id = editor.addBrush();
  for (const prompt of ['a', 'a c', 'a cat']) editor.change('prompt', (palette) => (palette.brushes[0].prompt = prompt), {merge: `prompt ${id}`});
  assert.equal(editor.at, 2);
  editor.seal();
  editor.change('prompt', (palette) => (palette.brushes[0].prompt = 'a dog'), {merge: `prompt ${id}`});
  editor.undo();
  assert.equal(editor.state.palette.brushes[0].prompt, 'a cat');
});

test('a history of 200 strokes can be undone, and costs little more than what was painted', () => {
  const editor = new Editor(emptyState({width: 1024, height: 1024}));
  const id = editor.addBrush();
  for (let count = 0; count < 250; count += 1) {
    const session = editor.stroke(id);
    session.stamp([{x: (count * 37) % 1024, y: (count * 91) % 1024, pressure: 1}], OPTIONS, drawStroke);
    session.commit();
  }
  const kept = new Set(editor.steps.flatMap(({state}) => [...(state.masks.get(id)?.tiles.values() ?? [])]));
  assert.ok(kept.size <= 250 * 4 + 1, `${kept.size} tiles`);
  let undone = 0;
  while (editor.canUndo) {
    editor.undo();
    undone += 1;
  }
  assert.ok(undone >= 200);
});

test('masks survive another size and back where they can: shapes exactly', async () => {
  const editor = new Editor(emptyState({width: 512, height: 512}));
  const id = editor.addBrush();
  const session = editor.stroke(id);
  session.shape({ellipse: [0.1, 0.2, 0.6, 0.9]}, false);
  session.commit();
  const before = freeze(editor.state).masks;
  await editor.resize({width: 768, height: 320});
  await editor.resize({width: 512, height: 512});
  assert.deepEqual(freeze(editor.state).masks, before);
  assert.ok(equal(editor.maskOf(id).shape, {ellipse: [0.1, 0.2, 0.6, 0.9]}));
});

test('rasters become tiles and pixels again', () => {
  const random = makeRandom(3);
  for (const size of [{width: 64, height: 64}, {width: 65, height: 130}, {width: 1, height: 200}]) {
    const pixels = Uint8Array.from({length: size.width * size.height}, () => Math.floor(random() * 256));
    assert.deepEqual(toPixels(toTiles(pixels, size), size), pixels);
  }
});
