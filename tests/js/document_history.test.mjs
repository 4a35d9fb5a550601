// The history: at least 200 ordinary steps, bounded in bytes, the oldest forgotten first, and states share what is equal.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {MOST_BYTES, MOST_STEPS, shorten, weighStep} from '../../javascript/regiondiff/document/history.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';

const OPTIONS = {size: 300, hardness: 0.5, opacity: 1, pressureSize: false, pressureOpacity: false, erase: false};

function countHeld(editor) {
  const tiles = new Set(editor.steps.flatMap(({state}) => [...state.masks.values()].flatMap((mask) => [...mask.tiles.values()])));
  return [...tiles].reduce((sum, tile) => sum + tile.length, 0);
}

test('the oldest steps go when all together are too large, and the last one never', () => {
  const half = MOST_BYTES / 2;
  const shortened = (at, ...bytes) => {
    const steps = bytes.map((each, index) => ({state: null, label: String(index), merge: null, bytes: each}));
    const gone = shorten(steps, at);
    return `${gone}, ${steps.map(({label, bytes}) => `${label}:${bytes / half}`).join(' ')}`;
  };
  assert.equal(shortened(2, 0, half, half), '0, 0:0 1:1 2:1');
  assert.equal(shortened(3, 0, half, half, half), '1, 1:0 2:1 3:1');
  assert.equal(shortened(1, 0, 3 * half), '0, 0:0 1:3');
  assert.equal(shortened(2, 0, half, 3 * half), '1, 1:0 2:3');
  assert.equal(shortened(1, 0, half, half, half, half), '0, 0:0 1:1 2:1 3:1 4:1', 'what can be done again stays');
});

test('a picture that was replaced counts, one that stays does not', async () => {
  const editor = new Editor();
  const set = (letter) => editor.change('background', (palette) => (palette.background.image = `data:image/png;base64,${letter.repeat(1e6)}`));
  set('a');
  editor.change('prompt', (palette) => (palette.background.prompt = 'sea'));
  set('b');
  await editor.shortened;
  assert.deepEqual(editor.steps.map(({bytes}) => Math.round(bytes / 1e6)), [0, 0, 0, 1]);
});

test('a hundred pictures of 16 MB as background keep the history within its bytes', async () => {
  const editor = new Editor();
  for (let count = 0; count < 100; count += 1) {
    const text = `${count} `.padEnd(2 ** 24, 'x');
    editor.change('background', (palette) => (palette.background.image = text));
  }
  await editor.shortened;
  const texts = new Set(editor.steps.map(({state}) => state.palette.background.image));
  assert.ok(texts.size <= 17 && texts.size >= 15, `${texts.size} pictures`);
  assert.equal(editor.at, editor.steps.length - 1);
  while (editor.canUndo) editor.undo();
  assert.match(editor.state.palette.background.image, /^8\d /);
});

test('200 large strokes at 4096 by 4096 can be undone, within the bytes', async () => {
  const editor = new Editor(emptyState({width: 4096, height: 4096}));
  const id = editor.addBrush();
  for (let count = 0; count < 240; count += 1) {
    const session = editor.stroke(id);
    const [x, y] = [(count * 377) % 3800, (count * 991) % 3800];
    session.stamp([{x, y, pressure: 1}, {x: x + 200, y: y + 100, pressure: 1}], {...OPTIONS, erase: count % 3 === 2}, drawStroke);
    session.commit();
  }
  await editor.shortened;
  assert.ok(editor.at >= 200 && editor.at <= MOST_STEPS, `${editor.at} steps`);
  const said = editor.steps.reduce((sum, {bytes}) => sum + bytes, 0);
  assert.ok(countHeld(editor) <= MOST_BYTES && said <= MOST_BYTES, `${countHeld(editor)} held`);
  let undone = 0;
  for (; editor.canUndo; undone += 1) editor.undo();
  assert.ok(undone >= 200);
});

test('what a step weighs is what only the one before it holds', async () => {
  const editor = new Editor(emptyState({width: 256, height: 256}));
  const id = editor.addBrush();
  const paint = (erase) => {
    const session = editor.stroke(id);
    session.stamp([{x: 100, y: 100, pressure: 1}], {...OPTIONS, size: 60, erase}, drawStroke);
    session.commit();
  };
  paint(false);
  paint(true);
  await editor.shortened;
  const [, , painted, erased] = [null, ...editor.steps];
  assert.equal(painted.bytes, 0);
  assert.ok(erased.bytes > 100);
  assert.equal(weighStep(erased.state, erased.state), 0);
});

test('a thousand steps leave as many as can be undone', async () => {
  const editor = new Editor();
  for (let count = 0; count < 1000; count += 1) editor.change('prompt', (palette) => (palette.background.prompt = String(count)));
  await editor.shortened;
  assert.equal(editor.at, MOST_STEPS);
  while (editor.canUndo) editor.undo();
  assert.equal(editor.state.palette.background.prompt, String(999 - MOST_STEPS));
});

test('steps share the brushes that they leave alone', () => {
  const editor = new Editor();
  const [first] = [editor.addBrush({prompt: 'a'}), editor.addBrush({prompt: 'b'})];
  const before = editor.state.palette;
  editor.change('prompt', (palette) => (palette.brushes.find(({id}) => id === first).prompt = 'c'));
  assert.notEqual(editor.state.palette.brushes[0], before.brushes[0]);
  assert.equal(editor.state.palette.brushes[1], before.brushes[1]);
  assert.equal(editor.state.palette.background, before.background);
  assert.equal(before.brushes[0].prompt, 'a');
});
