// OpenRaster: what is written comes back equal, and what another program does to a layer changes that brush alone.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {decodePng, encodePng, fromDataUrl, toDataUrl} from '../../javascript/regiondiff/document/png.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';
import {writeOpenRaster} from '../../javascript/regiondiff/files/openraster.mjs';
import {readOpenRaster as readWith} from '../../javascript/regiondiff/files/openraster_reading.mjs';
import {SCHEMA} from './palette_schema.mjs';
import {unzipSync, zipSync} from '../../javascript/regiondiff/vendor/fflate.mjs';

const readOpenRaster = (bytes) => readWith(bytes, SCHEMA);

const OPTIONS = {size: 30, hardness: 0.5, opacity: 0.8, pressureSize: false, pressureOpacity: false, erase: false};

function makeState() {
  const editor = new Editor(emptyState({width: 130, height: 100}));
  editor.change('prompt', (palette) => Object.assign(palette, {steps: 5, background: {prompt: 'sky & "sea" <1>', negative: 'x'}}));
  const house = editor.addBrush({name: 'house', prompt: "a 'red' house :: odd\nlines", feather: 3});
  editor.setMask(house, {shape: null, tiles: new Map()}, 'x');
  const stroke = editor.stroke(house);
  stroke.stamp([{x: 20, y: 20, pressure: 1}, {x: 90, y: 80, pressure: 1}], OPTIONS, drawStroke);
  stroke.commit();
  const tree = editor.addBrush({name: '', prompt: 'a tree', kind: 'thing'});
  const shape = editor.stroke(tree);
  shape.shape({ellipse: [0.1, 0.1, 0.5, 0.9]}, false);
  shape.commit();
  editor.addBrush({prompt: 'nothing yet'});
  return editor.state;
}

function plain(state) {
  return {palette: state.palette, masks: state.palette.brushes.map(({id}) => [state.masks.get(id)?.shape ?? null, Buffer.from(toPixels(state.masks.get(id)?.tiles ?? new Map(), state.palette.size)).toString('hex')])};
}

/** The archive after a change of its stack. */
function restack(bytes, change) {
  const files = unzipSync(bytes);
  files['stack.xml'] = new TextEncoder().encode(change(new TextDecoder().decode(files['stack.xml'])));
  return zipSync(files);
}

const bytes = await writeOpenRaster(makeState());

test('an unchanged file gives an equal document', async () => {
  assert.deepEqual(plain(await readOpenRaster(bytes)), plain(makeState()));
});

test('the file is OpenRaster: its kind comes first and unpacked, layers stand from the top down', () => {
  const head = Buffer.from(bytes.subarray(0, 80)).toString('latin1');
  assert.ok(head.startsWith('PK') && head.slice(30).startsWith('mimetypeimage/openraster'));
  const names = Object.keys(unzipSync(bytes));
  for (const name of ['stack.xml', 'mergedimage.png', 'Thumbnails/thumbnail.png', 'data/layer3.png']) assert.ok(names.includes(name));
  const stack = new TextDecoder().decode(unzipSync(bytes)['stack.xml']);
  assert.ok(stack.indexOf('nothing yet') < stack.indexOf('a tree') && stack.indexOf('a tree') < stack.indexOf('Whole picture'));
});

test('other programs keep pixels, places, order and names alone: that is enough', async () => {
  const files = unzipSync(bytes);
  const kept = {'stack.xml': files['stack.xml'], ...Object.fromEntries(Object.entries(files).filter(([name]) => name.startsWith('data/')))};
  assert.deepEqual(plain(await readOpenRaster(zipSync(kept))), plain(makeState()));
});

test('a layer that was moved and renamed changes its own brush', async () => {
  const state = await readOpenRaster(restack(bytes, (stack) => stack.replace('name="house', 'name="cottage').replace('src="data/layer1.png" x="0" y="0"', 'src="data/layer1.png" x="7" y="-5"')));
  const [before, after] = [plain(makeState()), plain(state)];
  assert.equal(state.palette.brushes[0].name, 'cottage');
  assert.equal(state.palette.brushes[0].prompt, before.palette.brushes[0].prompt);
  assert.deepEqual(after.masks.slice(1), before.masks.slice(1));
  assert.deepEqual(after.palette.brushes.slice(1), before.palette.brushes.slice(1));
  const [old, now] = [makeState(), state].map((each) => toPixels(each.masks.get('b1').tiles, each.palette.size));
  for (let y = 5; y < 100; y += 1) for (let x = 0; x < 123; x += 1) assert.equal(now[(y - 5) * 130 + x + 7], old[y * 130 + x]);
});

test('a layer that was painted on is no shape any more; one that was added is a brush', async () => {
  const files = unzipSync(bytes);
  const tree = await decodePng(files['data/layer2.png']);
  tree.data[3] = 255;
  files['data/layer2.png'] = await encodePng(tree.data, 130, 100, 4);
  files['data/new.png'] = await encodePng(new Uint8Array(4 * 20 * 10).fill(255), 20, 10, 4);
  files['stack.xml'] = new TextEncoder().encode(new TextDecoder().decode(files['stack.xml']).replace('<stack>', '<stack><stack x="5" y="6"><layer name="a blue bird" src="data/new.png" x="1" y="2"/></stack>'));
  const state = await readOpenRaster(zipSync(files));
  assert.equal(state.masks.get('b2').shape, null);
  const added = state.palette.brushes.at(-1);
  assert.equal(added.prompt, 'a blue bird');
  const pixels = toPixels(state.masks.get(added.id).tiles, state.palette.size);
  assert.equal(pixels.reduce((sum, value) => sum + value, 0), 255 * 200);
  assert.equal(pixels[8 * 130 + 6], 255);
});

test('order is kept, copies get names of their own', async () => {
  const state = await readOpenRaster(restack(bytes, (stack) => stack.replace(/( *<layer name="house[^>]*>\n)/, '$1$1')));
  assert.equal(new Set(state.palette.brushes.map(({id}) => id)).size, 4);
});

test('what is no OpenRaster is told', async () => {
  await assert.rejects(readOpenRaster(new Uint8Array(10)), /expected an OpenRaster file/);
  await assert.rejects(readOpenRaster(zipSync({'stack.xml': new Uint8Array(3)})), /expected an image with its width and height/);
  await assert.rejects(readOpenRaster(restack(bytes, (stack) => stack.replace('data/layer1.png', 'data/none.png'))), /data\/none.png/);
});

/** The document with a picture and colours under the brushes. */
async function makeUnder() {
  const editor = new Editor(makeState());
  const image = toDataUrl(await encodePng(new Uint8Array(4 * 20 * 30).fill(200), 20, 30, 4));
  editor.change('background', (palette) => (palette.background.image = image));
  const stroke = editor.stroke('colour');
  stroke.stamp([{x: 70, y: 20, pressure: 1}], {...OPTIONS, colour: '#336699'}, drawStroke);
  stroke.commit();
  return editor.state;
}

const colours = ({colour}) => [...colour.tiles].sort(([a], [b]) => a - b).map(([number, tile]) => [number, Buffer.from(tile).toString('hex')]);

test('the picture and the colours under the brushes are layers, and come back', async () => {
  const state = await makeUnder();
  const made = await writeOpenRaster(state);
  const stack = new TextDecoder().decode(unzipSync(made)['stack.xml']);
  assert.ok(!stack.includes('base64') && stack.includes('name="Picture ') && stack.includes('name="Colours '));
  const back = await readOpenRaster(made);
  assert.deepEqual(plain(back), plain(state));
  assert.deepEqual(colours(back), colours(state));
});

test('what another program does to the colours or the picture changes them alone', async () => {
  const state = await makeUnder();
  const moved = restack(await writeOpenRaster(state), (stack) => stack.replace(/(Colours [^>]*|Picture [^>]*)x="0" y="0"/g, '$1x="64" y="0"'));
  const back = await readOpenRaster(moved);
  assert.deepEqual(plain(back).masks, plain(state).masks);
  assert.deepEqual(back.palette.brushes, state.palette.brushes);
  const tile = state.colour.tiles.get(1);
  assert.deepEqual(Buffer.from(back.colour.tiles.get(2)).subarray(0, 8), Buffer.from(tile).subarray(0, 8));
  const picture = await decodePng(fromDataUrl(back.palette.background.image));
  assert.deepEqual([picture.width, picture.height, picture.data[4 * 63 + 3], picture.data[4 * 64 + 3]], [130, 100, 0, 200]);
});

test('a layer of ours that was made invisible loses nothing; a foreign one is left out', async () => {
  const hidden = restack(bytes, (stack) => stack.replace(/(name="house[^>]*)visible/, '$1hidden').replace('<stack>', '<stack><layer name="sketch" src="data/layer1.png" visibility="hidden"/>'));
  assert.deepEqual(plain(await readOpenRaster(hidden)), plain(makeState()));
});
