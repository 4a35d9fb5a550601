// Colour maps: areas come back, soft and noisy edges go to the nearest colour and are counted.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {COLOURS} from '../../javascript/regiondiff/document/colours.mjs';
import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {decodePng} from '../../javascript/regiondiff/document/png.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';
import {CODES, listColours} from '../../javascript/regiondiff/files/colour_codes.mjs';
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

test('white is the whole picture even beside a brush that is nearly white', async () => {
  const editor = new Editor(emptyState({width: 130, height: 100}));
  const session = editor.stroke(editor.addBrush({colour: '#f2f0e6'}));
  session.shape({rectangle: [0, 0, 0.5, 1]}, false);
  session.commit();
  const {state, made} = readColourMap(await decodePng(await writeColourMap(editor.state)), editor.state);
  assert.equal(made, 0);
  assert.equal(owners(state)[0].reduce((sum, cover) => sum + cover / 255, 0), 65 * 100);
});

/** A picture of stripes, RGBA, each of a colour. */
function stripe(colours, wide = 10) {
  const width = Math.max(64, wide * colours.length);
  const data = new Uint8Array(4 * width * 64).fill(255);
  for (let at = 0; at < width * 64; at += 1) {
    const rgb = colours[Math.floor((at % width) / wide)] ?? 0xffffff;
    data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], 4 * at);
  }
  return {width, height: 64, data};
}

/** As JPEG changes flat areas: a little. */
function soil({width, height, data}) {
  return {width, height, data: data.map((value, at) => (at % 4 === 3 ? value : Math.max(0, Math.min(255, value + ((at * 7) % 5) - 2))))};
}

const REGIONS = ['804040', '408080', '608040', '604080', '807040', '408050', '405080', '804070', '805840', '788040'];

test("Regional Prompter's regions stay apart and in order", () => {
  const colours = REGIONS.map((text) => Number.parseInt(text, 16));
  assert.deepEqual(CODES['regional prompter'].slice(0, colours.length).map(({colour}) => colour), colours);
  for (const picture of [stripe(colours.toReversed()), soil(stripe(colours.toReversed()))]) {
    const {state, made, code} = readColourMap(picture, emptyState());
    assert.equal(code, 'regional prompter');
    assert.equal(made, colours.length);
    assert.deepEqual(state.palette.brushes.map(({colour}) => colour.slice(1)), REGIONS);
    for (const cover of owners(state)) assert.equal(cover.reduce((sum, value) => sum + value / 255, 0), 640);
  }
});

test("ADE20K's things are named, also those whose colours are near each other", () => {
  assert.equal(new Set(CODES.ade20k.map(({name}) => name)).size, 150);
  const picture = stripe([0x06e6e6, 0xff0652, 0xff0633, 0xff0747, 0x787850, 0x787846, 0xe005ff, 0xcc05ff]);
  for (const each of [picture, soil(picture)]) {
    const {state, code} = readColourMap(each, emptyState());
    assert.equal(code, 'ade20k');
    assert.deepEqual(state.palette.brushes.map(({prompt}) => prompt), ['sky', 'ceiling', 'bed', 'cabinet', 'earth', 'table', 'painting', 'shelf']);
    for (const cover of owners(state)) assert.equal(cover.reduce((sum, value) => sum + value / 255, 0), 640);
  }
});

test('what is written in a code is read again in it', async () => {
  const state = makeState();
  const regions = await decodePng(await writeColourMap(state, 'regional prompter'));
  assert.deepEqual(owners(readColourMap(regions, emptyState()).state).length, 2);
  const things = readColourMap(await decodePng(await writeColourMap(state, 'ade20k')), emptyState());
  assert.deepEqual(things.state.palette.brushes.map(({prompt}) => prompt), ['sea', 'boat']);
  assert.deepEqual(owners(things.state), owners(readColourMap(await decodePng(await writeColourMap(state)), state).state));
});

test('a thing is found in what a brush shows; others have no colour', () => {
  const brushes = [{name: '', prompt: 'a red Traffic-Light'}, {name: 'boat', prompt: 'the sea'}, {name: '', prompt: 'seasons'}].map((each, index) => ({...each, id: `b${index}`, colour: '#000000'}));
  assert.deepEqual(listColours('ade20k', brushes), [0x2900ff, 0xadff00, null]);
});

test('the colour layer stays; what is transparent is the whole picture; a size that no palette has is told', () => {
  const editor = new Editor(emptyState({width: 64, height: 64}));
  const session = editor.stroke('colour');
  session.shape({rectangle: [0, 0, 1, 0.5]}, false, '#336699');
  session.commit();
  const picture = stripe([0x0ac81e, 0x112233], 32);
  for (let at = 0; at < 64 * 64; at += 1) if (at % 64 >= 32) picture.data[4 * at + 3] = 0;
  const {state, made} = readColourMap(picture, editor.state);
  assert.equal(state.colour, editor.state.colour);
  assert.equal(made, 1);
  assert.throws(() => readColourMap({width: 20, height: 64, data: new Uint8Array(4 * 20 * 64)}, emptyState()), /sides of 64 to 16384/);
});

test("a picture without a code, of brushes' own colours or a photo, is in none", async () => {
  assert.equal(readColourMap(await decodePng(await writeColourMap(makeState())), emptyState()).code, null);
  assert.equal(readColourMap(stripe(COLOURS.map((text) => Number.parseInt(text.slice(1), 16))), emptyState()).code, null);
});
