// Outlines that are traced anew only where a brush has changed are those of the whole canvas traced at once.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {Outlines} from '../../javascript/regiondiff/stage/drawing/outlines.mjs';

const SIZE = {width: 230, height: 150};

function makeRandom(seed) {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

function trace(outlines, editor) {
  const seen = editor.state.palette.brushes.toReversed();
  do outlines.update(seen, (id, tile) => editor.tileOf(id, tile));
  while (outlines.dirty.tiles.size);
}

/** The lines of all brushes, by brush and tile. */
function list(outlines) {
  return [...outlines.lines].flatMap(([id, tiles]) => [...tiles].map(([tile, lines]) => [`${id} ${tile}`, JSON.stringify(lines)])).sort(([a], [b]) => (a < b ? -1 : 1));
}

function edit(editor, random) {
  const id = editor.state.palette.brushes[Math.floor(random() * editor.state.palette.brushes.length)].id;
  if (random() < 0.15) return editor.undo();
  const session = editor.stroke(id);
  const erase = random() < 0.3;
  const place = () => ({x: random() * SIZE.width, y: random() * SIZE.height, pressure: 1});
  if (random() < 0.3) session.shape({rectangle: [0, 0, random(), random()]}, erase);
  else for (let part = 0; part < 3; part += 1) session.stamp([place(), place()], {size: 1 + 160 * random(), hardness: random(), opacity: 1, pressureSize: false, pressureOpacity: false, erase}, drawStroke);
  if (random() < 0.2) session.cancel();
  else session.commit();
}

test('whatever is painted', () => {
  const random = makeRandom(21);
  const editor = new Editor(emptyState(SIZE));
  const outlines = new Outlines();
  outlines.resize(SIZE);
  editor.on((change) => {
    for (const [id, boxes] of change.masks ?? []) for (const box of boxes) outlines.touch(box, id);
    if (change.order) outlines.touchAll();
    if (random() < 0.8) trace(outlines, editor);
  });
  for (let count = 0; count < 4; count += 1) editor.addBrush();
  let lines = 0;
  for (let count = 0; count < 250; count += 1) {
    edit(editor, random);
    if (!editor.state.palette.brushes.length) editor.redo();
    trace(outlines, editor);
    const fresh = new Outlines();
    fresh.resize(SIZE);
    trace(fresh, editor);
    assert.deepEqual(list(outlines), list(fresh), `after ${count} edits`);
    lines += list(fresh).length;
  }
  assert.ok(lines > 2000, `only ${lines}`);
});
