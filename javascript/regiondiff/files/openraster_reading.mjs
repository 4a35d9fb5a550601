// OpenRaster, read: what was written here, and what other programs have made of it or of their own.

import {openTile} from '../document/packing.mjs';
import {expectPalette, expectRoom, told, withoutMask} from '../document/palette_reading.mjs';
import {decodePng, encodePng, measurePng, toDataUrl} from '../document/png.mjs';
import {cutColours, toTiles} from '../document/rasters.mjs';
import {drawShape} from '../document/shapes.mjs';
import {decode, unpack} from './archive.mjs';
import {COLOURS, MARK, PICTURE, readSettings, readShownName, readStack, showName} from './openraster_stack.mjs';

/** @import {Schema} from '../document/schema.mjs' */
/** @import {Kept, Mask, Shape, Size, State, Tiles} from '../document/types.d.ts' */
/** @import {Layer} from './openraster_stack.mjs' */

/**
 * The document of an OpenRaster file; its layers are read one after the other. Throws an Error that says what was expected of the file.
 * @param {Uint8Array} bytes @param {Schema} schema of palettes @returns {Promise<State>}
 */
export async function readOpenRaster(bytes, schema) {
  const files = unpack(bytes, 'an OpenRaster file (.ora)', (name) => name === 'stack.xml' || (/\.png$/i.test(name) && name !== 'mergedimage.png'));
  const {size, layers: all} = readStack(decode(files['stack.xml']));
  const layers = all.filter(({name, visible}) => visible || readSettings(name));
  const whole = layers.find(({name}) => Object.hasOwn(readSettings(name) ?? {}, 'background'));
  const under = layers.filter(({name}) => isNamed(name, PICTURE) || isNamed(name, COLOURS));
  const painted = layers.filter((layer) => layer !== whole && !under.includes(layer));
  const palette = expectPalette({...(whole && readSettings(whole.name)), size, brushes: painted.map(({name}) => readBrush(name))}, schema, false);
  const used = [...under, ...painted];
  for (const {src} of used) if (!Object.hasOwn(files, src)) throw new Error(`expected the layer ${src.slice(0, 60)} in the file, got none`);
  expectRoom(used.map(({src}) => measurePng(files[src])));
  /** @type {State} */
  const state = {palette: {...palette, brushes: palette.brushes.map(withoutMask)}, masks: new Map(), colour: {tiles: new Map()}};
  for (const layer of under) await told(layer.src, () => addUnder(state, files[layer.src], layer));
  for (const [index, {id, mask}] of palette.brushes.entries()) {
    const layer = painted[index];
    state.masks.set(id, await told(layer.src, async () => fitMask(mask, await readAlpha(files[layer.src], layer, size), size)));
  }
  return state;
}

/** What a layer's name says of its brush; a name that another program gave is a prompt. @param {string} given */
function readBrush(given) {
  const settings = readSettings(given);
  const shown = readShownName(given);
  if (!settings) return {name: '', prompt: shown};
  const before = showName(settings).trim();
  return {...settings, name: showName({name: shown}) === before ? (settings.name ?? '') : shown};
}

/** Programs add numbers and words to names that are taken. @param {string} name @param {string} own */
function isNamed(name, own) {
  return name.includes(own.slice(own.indexOf(MARK)));
}

/** @param {State} state changed @param {Uint8Array} data @param {Layer} layer */
async function addUnder({palette, colour}, data, layer) {
  const {size} = palette;
  if (isNamed(layer.name, COLOURS)) colour.tiles = cutColours(await readPixels(data, layer, size), size);
  else palette.background.image = toDataUrl(await readPicture(data, layer, size));
}

/** The picture under the brushes, as it is where nobody moved it. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readPicture(data, layer, size) {
  const pixels = await readPixels(data, layer, size);
  return layer.x || layer.y ? encodePng(pixels, size.width, size.height, 4) : data;
}

/** A layer's RGBA on the canvas. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readPixels(data, layer, size) {
  const picture = await openPng(data);
  const made = new Uint8Array(4 * size.width * size.height);
  const {channels} = picture;
  const colours = channels > 2 ? 3 : 1;
  eachPixel(picture, layer, size, (from, at) => {
    const [start, to] = [channels * from, 4 * at];
    for (let band = 0; band < 3; band += 1) made[to + band] = picture.data[start + (colours === 3 ? band : 0)];
    made[to + 3] = channels % 2 ? 255 : picture.data[start + channels - 1];
  });
  return made;
}

/** The mask that a layer's alpha is on the canvas; a picture without alpha covers all that is under it. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readAlpha(data, layer, size) {
  const picture = await openPng(data);
  const made = new Uint8Array(size.width * size.height);
  const {channels} = picture;
  eachPixel(picture, layer, size, (from, at) => (made[at] = channels % 2 ? 255 : picture.data[channels * (from + 1) - 1]));
  return toTiles(made, size);
}

/** @param {Uint8Array} data */
async function openPng(data) {
  const picture = await decodePng(data);
  if (!picture) throw new Error('expected a PNG of 8 bits, got another kind');
  return picture;
}

/** @param {Size} picture @param {{x: number, y: number}} place @param {Size} size @param {(from: number, to: number) => void} use */
function eachPixel(picture, {x, y}, size, use) {
  for (let row = Math.max(0, -y); row < Math.min(picture.height, size.height - y); row += 1) {
    const [from, to] = [row * picture.width, (row + y) * size.width + x];
    for (let column = Math.max(0, -x); column < Math.min(picture.width, size.width - x); column += 1) use(from + column, to + column);
  }
}

/** The shape that a brush had, if it still covers just that. @param {any} shape as the schema has it @param {Tiles} tiles @param {Size} size @returns {Mask} */
function fitMask(shape, tiles, size) {
  const kept = shape !== null && typeof shape === 'object' && !('file' in shape);
  const drawn = kept ? drawShape(/** @type {Shape} */ (shape), size) : null;
  return drawn && alike(drawn.tiles, tiles) ? drawn : {shape: null, tiles};
}

/** @param {Tiles} a @param {Tiles} b */
function alike(a, b) {
  const same = (/** @type {Uint8Array} */ one, /** @type {Uint8Array} */ other) => one.every((value, at) => value === other[at]);
  return a.size === b.size && [...a].every(([number, tile]) => b.has(number) && same(openTile(tile), openTile(/** @type {Kept} */ (b.get(number)))));
}
