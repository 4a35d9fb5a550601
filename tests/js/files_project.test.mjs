// Projects: what a page holds comes back as it was, to the byte; what is no project is told.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {encodePng, toDataUrl} from '../../javascript/regiondiff/document/png.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {unpack, pack} from '../../javascript/regiondiff/files/archive.mjs';
import {readProject as readWith, writeProject} from '../../javascript/regiondiff/files/project.mjs';
import {SCHEMA} from './palette_schema.mjs';

const readProject = (bytes) => readWith(bytes, SCHEMA);

const OPTIONS = {size: 30, hardness: 0.5, opacity: 0.8, pressureSize: false, pressureOpacity: false, erase: false, colour: '#336699'};

async function makeState() {
  const editor = new Editor(emptyState({width: 130, height: 100}));
  const image = toDataUrl(await encodePng(new Uint8Array(4 * 20 * 30).fill(200), 20, 30, 4));
  editor.change('x', (palette) => Object.assign(palette, {steps: 5, init: {strength: 0.5}, background: {prompt: 'sky "&" sea', negative: 'x', image}}));
  for (const target of [editor.addBrush({name: 'Haus', prompt: 'ein rotes Häuschen', feather: 3}), 'colour']) {
    const stroke = editor.stroke(target);
    stroke.stamp([{x: 20, y: 20, pressure: 1}, {x: 90, y: 80, pressure: 1}], OPTIONS, drawStroke);
    stroke.commit();
  }
  const shape = editor.stroke(editor.addBrush({prompt: 'a tree'}));
  shape.shape({ellipse: [0.1, 0.1, 0.5, 0.9]}, false);
  shape.commit();
  editor.addBrush({prompt: 'nothing yet'});
  return editor.state;
}

/** Bytes and words of a state. */
function freeze({palette, masks, colour}) {
  const copy = (tiles) => [...tiles].map(([number, tile]) => [number, Buffer.from(tile).toString('latin1')]).sort((a, b) => a[0] - b[0]);
  return {palette, masks: palette.brushes.map(({id}) => [masks.get(id)?.shape ?? null, copy(masks.get(id)?.tiles ?? new Map())]), colour: copy(colour.tiles)};
}

const state = await makeState();
const bytes = await writeProject(state, {hidden: ['b1'], tool: 'brush'});

test('a project comes back equal, with its view', async () => {
  const {state: back, view} = await readProject(bytes);
  assert.deepEqual(freeze(back), freeze(state));
  assert.deepEqual(view, {hidden: ['b1'], tool: 'brush'});
});

test('an empty document is a project too', async () => {
  const first = emptyState({width: 64, height: 96});
  assert.deepEqual(freeze((await readProject(await writeProject(first))).state), freeze(first));
});

/** The archive after a change of one of its files. */
function change(name, edit) {
  const files = unpack(bytes, 'x', () => true);
  const text = edit(new TextDecoder().decode(files[name]));
  if (text === null) delete files[name];
  else files[name] = new TextEncoder().encode(text);
  return pack(files);
}

test('what is no project is told', async () => {
  const cases = [
    [new Uint8Array(30), /expected a project, got something that cannot be unpacked/],
    [pack({'a.txt': new Uint8Array(3)}), /without a readable project.json/],
    [change('project.json', () => '{}'), /another archive/],
    [change('project.json', (text) => text.replace('"version": 1', '"version": 9')), /newer Region Diffusion/],
    [change('palette.json', (text) => text.replace('"width": 130', '"width": 131')), /masks\/1.png: expected a PNG of 131 x 100/],
    [change('palette.json', (text) => text.replace('"width": 130', '"width": 1e9')), /64 to 16384/],
    [change('palette.json', (text) => text.slice(0, 50)), /without a readable palette.json/],
    [change('masks/1.png', () => null), /masks\/1.png/],
    [change('masks/1.png', () => 'no picture'), /masks\/1.png/],
    [change('background.png', () => null), /background.png: expected the picture/],
  ];
  for (const [given, words] of cases) await assert.rejects(readProject(given), words);
});

test('an archive that unpacks to more than a page holds is told before it is unpacked', () => {
  const bomb = pack(Object.fromEntries(Array.from({length: 600}, (_, number) => [`${number}.png`, new Uint8Array(1)])));
  assert.throws(() => unpack(bomb, 'a project', () => true), /at most 512 files/);
});
