// Files from outside, broken by seed and by hand: each is one clear error, or a document that could be drawn and comes back equal.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {toPalette} from '../../javascript/regiondiff/document/palette_json.mjs';
import {fromPalette} from '../../javascript/regiondiff/document/palette_reading.mjs';
import {decodePng, encodePng, toDataUrl} from '../../javascript/regiondiff/document/png.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {readColourMap, writeColourMap} from '../../javascript/regiondiff/files/colour_map.mjs';
import {writeOpenRaster} from '../../javascript/regiondiff/files/openraster.mjs';
import {readOpenRaster} from '../../javascript/regiondiff/files/openraster_reading.mjs';
import {readProject, writeProject} from '../../javascript/regiondiff/files/project.mjs';
import {unzipSync, zipSync} from '../../javascript/regiondiff/vendor/fflate.mjs';
import {SCHEMA} from './palette_schema.mjs';
import {bendBytes, bendJson, bendPlain, bendText, makeRandom} from './strange.mjs';

const OPTIONS = {size: 30, hardness: 0.5, opacity: 0.8, pressureSize: false, pressureOpacity: false, erase: false, colour: '#336699'};
const MOST_SECONDS = 2;
const MOST_TIMES = 8; // what a colour map may take, in times of what its canvas's numbers take, one by one
const SIZE = {width: 80, height: 70};

async function makeState() {
  const editor = new Editor(emptyState(SIZE));
  const image = toDataUrl(await encodePng(new Uint8Array(4 * 20 * 30).fill(200), 20, 30, 4));
  editor.change('x', (palette) => Object.assign(palette, {steps: 5, init: {strength: 0.5}, background: {prompt: 'sky', negative: 'x', image}}));
  for (const target of [editor.addBrush({name: 'house', prompt: 'a red house', feather: 3}), 'colour']) {
    const stroke = editor.stroke(target);
    stroke.stamp([{x: 20, y: 20, pressure: 1}, {x: 60, y: 50, pressure: 1}], OPTIONS, drawStroke);
    stroke.commit();
  }
  const shape = editor.stroke(editor.addBrush({prompt: 'a tree', kind: 'thing'}));
  shape.shape({ellipse: [0.1, 0.1, 0.5, 0.9]}, false);
  shape.commit();
  return editor.state;
}

const STATE = await makeState();
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

const hex = (bytes) => Buffer.from(bytes).toString('hex');

function freeze({palette, masks, colour}) {
  const mask = ({id}) => [masks.get(id)?.shape ?? null, hex(toPixels(masks.get(id)?.tiles ?? new Map(), palette.size))];
  return JSON.parse(JSON.stringify({palette, masks: palette.brushes.map(mask), colour: [...colour.tiles].sort((a, b) => a[0] - b[0]).map(([number, tile]) => [number, hex(tile)])}));
}

const KINDS = {
  palette: {read: async (text) => fromPalette(JSON.parse(text), SCHEMA), write: async (state) => JSON.stringify(await toPalette(state))},
  project: {read: async (bytes) => (await readProject(bytes, SCHEMA)).state, write: writeProject},
  openraster: {read: (bytes) => readOpenRaster(bytes, SCHEMA), write: writeOpenRaster},
};

/** The CPU seconds that something takes. @param {() => unknown} work */
function measure(work) {
  const begin = process.cpuUsage();
  work();
  return process.cpuUsage(begin).user / 1e6;
}

/** Read something that was broken; returns whether it was taken. */
async function judge(kind, given, what) {
  const {read, write} = KINDS[kind];
  const begin = process.cpuUsage();
  let state;
  try {
    state = await read(given);
  } catch (error) {
    assert.ok(/expected|JSON/.test(error.message) && error.message.length < 3000 && !/undefined|\[object/.test(error.message), `${what}: ${error.stack}`);
  }
  const {user, system} = process.cpuUsage(begin);
  assert.ok((user + system) / 1e6 < MOST_SECONDS, `${what}: ${(user + system) / 1e6} s`);
  assert.deepEqual([{}.further, {}.polluted, Object.keys(Object.prototype)], [undefined, undefined, []], what);
  if (!state) return false;
  const frozen = freeze(state);
  assert.deepEqual(freeze(await read(await write(state))), frozen, what);
  const drawn = await fromPalette(JSON.parse(JSON.stringify(await toPalette(state))), SCHEMA);
  assert.deepEqual(freeze(drawn).masks, frozen.masks, what);
  return true;
}

/** Break a file many times; both taken and refused ones must occur. */
async function search(kind, count, bend, least = count / 50) {
  let taken = 0;
  for (let seed = 1; seed <= count; seed += 1) taken += await judge(kind, bend(makeRandom(seed)), `seed ${seed}`);
  assert.ok(taken > least && taken < count, `${taken} of ${count} taken`);
}

/** An archive of which one file is another. */
function repack(bytes, name, change) {
  const files = unzipSync(bytes);
  files[name] = change(files[name]);
  return zipSync(files, {level: 0});
}

const palette = await toPalette({...STATE, colour: {tiles: new Map()}});
const [project, raster] = [await writeProject(STATE), await writeOpenRaster(STATE)];
const stack = decode(unzipSync(raster)['stack.xml']);

test('palettes with anything in any place', () => search('palette', 1000, (random) => bendJson(palette, random)));

test('palettes with anything in two places', () => search('palette', 300, (random) => bendJson(bendPlain(palette, random), random)));

test('projects whose palette has anything in any place', async () => {
  const own = JSON.parse(decode(unzipSync(project)['palette.json']));
  await search('project', 500, (random) => repack(project, 'palette.json', () => encode(bendJson(own, random))));
});

test('projects whose head has anything in any place', async () => {
  const own = JSON.parse(decode(unzipSync(await writeProject(STATE, {states: [['b1', {locked: true}]], count: 3}))['project.json']));
  await search('project', 150, (random) => repack(project, 'project.json', () => encode(bendJson(own, random))));
});

test('projects of other bytes', () => search('project', 300, (random) => bendBytes(project, random)));

test('OpenRaster of other bytes', () => search('openraster', 300, (random) => bendBytes(raster, random)));

test('OpenRaster with any text in its stack', () => search('openraster', 400, (random) => repack(raster, 'stack.xml', () => encode(bendText(stack, random)))));

test('OpenRaster whose layers are other pictures', () => search('openraster', 200, (random) => repack(raster, 'data/layer3.png', (png) => bendBytes(png, random)), 0));

test('OpenRaster whose brushes say anything', async () => {
  const name = (text) => text.replace(/[&<>"'\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const brush = {...STATE.palette.brushes[0], mask: {rectangle: [0, 0, 0.5, 0.5]}};
  await search('openraster', 500, (random) => repack(raster, 'stack.xml', () => encode(stack.replace(/name="house[^"]*"/, () => `name="${name(`house :: ${bendJson(brush, random)}`)}"`))));
});

test('PNGs of other bytes, as the masks of palettes', async () => {
  const png = await encodePng(toPixels(STATE.masks.get('b1').tiles, SIZE), SIZE.width, SIZE.height, 1);
  await search('palette', 400, (random) => JSON.stringify({version: 1, size: SIZE, brushes: [{id: 'a', mask: toDataUrl(bendBytes(png, random))}]}), 0);
});

/** A PNG that says it is of another size. */
async function claim(width, height) {
  const png = await encodePng(new Uint8Array(64), 8, 8, 1);
  new DataView(png.buffer).setUint32(16, width);
  new DataView(png.buffer).setUint32(20, height);
  return png;
}

/** An archive that says of its first file that it unpacks to a gigabyte. */
function swell(bytes) {
  const made = bytes.slice();
  new DataView(made.buffer).setUint32(Buffer.from(made).indexOf('PK\x01\x02') + 24, 2 ** 30, true);
  return made;
}

test('bombs are refused at once', async () => {
  const large = await encodePng(new Uint8Array(2 ** 25), 8192, 4096, 1);
  const many = (count, mask) => Array.from({length: count}, (_, index) => ({id: `b${index}`, prompt: 'x', mask}));
  const whole = {rectangle: [0, 0, 1, 1]};
  const ground = {version: 1, size: SIZE};
  const cases = [
    ['palette', JSON.stringify({...ground, brushes: many(10000, whole)}), /^Error: brushes: expected 0 to 64 entries, got 10000$/],
    ['palette', JSON.stringify({...ground, brushes: many(64, toDataUrl(large))}), /pixels together/],
    ['palette', JSON.stringify({...ground, brushes: many(1, toDataUrl(await claim(2 ** 31, 2 ** 31)))}), /pixels together/],
    ['palette', JSON.stringify({...ground, brushes: many(1, toDataUrl(await claim(0, 9)))}), /with pixels/],
    ['palette', `{"brushes": ${'['.repeat(200000)}`, /JSON/],
    ['palette', JSON.stringify({...ground, brushes: many(2, {polygon: Array(100000).fill([0, 1])})}), /brushes\[0\].mask.polygon: expected 3 to 1024 entries/],
    ['openraster', repack(raster, 'stack.xml', () => encode(stack.replace('<stack>', `<stack>${'<layer name="x" src="data/layer3.png"/>'.repeat(10000)}`))), /layers, got more/],
    ['openraster', repack(raster, 'stack.xml', () => encode(`${stack.slice(0, 120)}${'<layer name="'.repeat(300000)}`)), /expected/],
    ['openraster', repack(raster, 'stack.xml', () => encode(stack.replace('house', `house${' copy #1'.repeat(100000)}`))), /brushes\[0\].name: expected a text/],
    ['openraster', repack(raster, 'data/layer3.png', () => new Uint8Array(large)), null],
    ['project', swell(project), /MB together/],
  ];
  for (const [kind, given, words] of cases) {
    if (words) await assert.rejects(KINDS[kind].read(given), words);
    await judge(kind, given, String(words));
  }
});

test('colour maps of noise, of any size', async () => {
  const state = emptyState({width: 2048, height: 2048});
  const numbers = new Uint8Array(4 * 2048 * 2048);
  for (const side of [64, 2048]) {
    const random = makeRandom(side);
    const data = new Uint8Array(4 * side * side);
    for (let at = 0; at < data.length; at += 1) data[at] = random() * 256;
    let read = state;
    const taken = measure(() => ({state: read} = readColourMap({width: side, height: side, data}, state)));
    const unit = measure(() => numbers.reduce((sum, each) => (sum * 31 + each + random()) % 1009, 0)); // by now, whatever else the machine does
    assert.ok(taken < MOST_TIMES * unit, `${side}: ${taken} s, ${unit} s for its canvas's numbers`);
    const back = readColourMap(await decodePng(await writeColourMap(read)), read).state;
    assert.deepEqual(freeze(back), freeze(read));
  }
  for (const [width, height] of [[0, 0], [63, 64], [2 ** 20, 64], [NaN, 64]]) assert.throws(() => readColourMap({width, height, data: new Uint8Array(4)}, state), /^Error: colour map: expected sides/);
});
