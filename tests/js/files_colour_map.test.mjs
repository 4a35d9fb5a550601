// Colour maps: areas come back, soft and noisy edges go to the nearest colour and are counted.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {decodePng} from '../../javascript/regiondiff/document/png.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {toPixels} from '../../javascript/regiondiff/document/tiles.mjs';
import {readColourMap, writeColourMap} from '../../javascript/regiondiff/files/colour_map.mjs';

function makeState() {
  const editor = new Editor(emptyState({width: 130, height: 100}));
  for (const [prompt, box] of [['sea', [0, 0.5, 1, 1]], ['boat', [0.25, 0.3, 0.5, 0.75]]]) {
    const session = editor.stroke(editor.addBrush({prompt}));
    session.shape({rectangle: box}, false);
    session.commit();
  }
  return editor.state;
}

const owners = (state) => state.palette.brushes.map(({id}) => toPixels(state.masks.get(id)?.tiles ?? new Map(), state.palette.size));

test('a map that was written gives the owners again, and words stay', async () => {
  const state = makeState();
  const {state: back, snapped, made} = readColourMap(await decodePng(await writeColourMap(state)), state);
  assert.equal(snapped + made, 0);
  assert.deepEqual(back.palette, state.palette);
  const [sea, boat] = owners(state);
  const [sea2, boat2] = owners(back);
  assert.deepEqual(boat2.map((cover) => cover >= 128), boat.map((cover) => cover >= 128));
  assert.deepEqual(sea2.map((cover) => cover >= 128), sea.map((cover, at) => cover >= 128 && boat[at] < 128));
});

test('noise goes to the nearest colour and is counted', async () => {
  const state = makeState();
  const picture = await decodePng(await writeColourMap(state));
  const clean = readColourMap(picture, state).state;
  let changed = 0;
  for (let at = 0; at < picture.data.length; at += 4) {
    if (at % 52) continue;
    picture.data[at] ^= 7;
    picture.data[at + 1] ^= 3;
    changed += 1;
  }
  const {state: back, snapped} = readColourMap(picture, state);
  assert.equal(snapped, changed);
  assert.deepEqual(owners(back), owners(clean));
});

test('colours that nobody has yet are new brushes; white and black are the whole picture', () => {
  const data = new Uint8Array(4 * 64 * 64).fill(255);
  for (let at = 0; at < 64 * 64; at += 1) if (at % 64 < 20) data.set([10, 200, 30, 255], 4 * at);
  const {state, made} = readColourMap({width: 64, height: 64, data}, emptyState({width: 64, height: 64}));
  assert.equal(made, 1);
  assert.equal(state.palette.brushes[0].colour, '#0ac81e');
  assert.equal(owners(state)[0].reduce((sum, cover) => sum + cover / 255, 0), 20 * 64);
});
