// A document of three brushes as OpenRaster (`write FILE`), and what another program's file of it holds, as JSON (`read FILE`).

import {readFile, writeFile} from 'node:fs/promises';

import {Editor} from '../../../javascript/regiondiff/document/editor.mjs';
import {decodePng, encodePng, fromDataUrl, toDataUrl} from '../../../javascript/regiondiff/document/png.mjs';
import {toPixels} from '../../../javascript/regiondiff/document/rasters.mjs';
import {emptyState} from '../../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../../javascript/regiondiff/document/stroke.mjs';
import {writeOpenRaster} from '../../../javascript/regiondiff/files/openraster.mjs';
import {readOpenRaster} from '../../../javascript/regiondiff/files/openraster_reading.mjs';
import {SCHEMA} from '../../js/palette_schema.mjs';

const OPTIONS = {size: 40, hardness: 0.5, opacity: 0.8, pressureSize: false, pressureOpacity: false, erase: false, colour: '#336699'};

async function makeState() {
  const editor = new Editor(emptyState({width: 200, height: 150}));
  const image = toDataUrl(await encodePng(new Uint8Array(4 * 200 * 150).fill(200), 200, 150, 4));
  editor.change('x', (palette) => Object.assign(palette, {steps: 5, background: {prompt: 'sky & "sea" <1> Größe', negative: 'x', image}}));
  const paint = (target, from, to) => {
    const stroke = editor.stroke(target);
    stroke.stamp([{...from, pressure: 1}, {...to, pressure: 1}], OPTIONS, drawStroke);
    stroke.commit();
  };
  paint(editor.addBrush({name: 'house', prompt: 'a "red" house', feather: 3}), {x: 50, y: 50}, {x: 110, y: 90});
  const shape = editor.stroke(editor.addBrush({prompt: 'a tree :: tall', kind: 'thing'}));
  shape.shape({ellipse: [0.5, 0.1, 0.9, 0.9]}, false);
  shape.commit();
  paint(editor.addBrush({name: 'la mer', prompt: 'the sea'}), {x: 20, y: 130}, {x: 180, y: 130});
  paint('colour', {x: 100, y: 20}, {x: 150, y: 20});
  return editor.state;
}

/** All that a state says; of the picture under the brushes its pixels, as another program packs them in its own way. */
async function freeze({palette, masks, colour}) {
  const copy = (tiles) => [...tiles].sort((a, b) => a[0] - b[0]).map(([number, tile]) => [number, Buffer.from(tile).toString('base64')]);
  const mask = ({id}) => ({shape: masks.get(id)?.shape ?? null, pixels: Buffer.from(toPixels(masks.get(id)?.tiles ?? new Map(), palette.size)).toString('base64')});
  const {image, ...background} = palette.background;
  const {data, channels} = await decodePng(fromDataUrl(image));
  return {palette: {...palette, background}, picture: {channels, data: Buffer.from(data).toString('base64')}, masks: palette.brushes.map(mask), colour: copy(colour.tiles)};
}

const [, , what, file] = process.argv;
if (what === 'write') await writeFile(file, await writeOpenRaster(await makeState()));
const state = what === 'write' ? await makeState() : await readOpenRaster(new Uint8Array(await readFile(file)), SCHEMA);
console.log(JSON.stringify(await freeze(state)));
