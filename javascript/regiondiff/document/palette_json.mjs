// Palettes as JSON, in and out: masks are shapes or grey pictures, the colour layer is the picture under the brushes. Pure.

import {pickColour} from './colours.mjs';
import {decodePng, encodePng, fromDataUrl, toDataUrl} from './png.mjs';
import {resize} from './resample.mjs';
import {drawShape} from './shapes.mjs';
import {expectSize} from './sizes.mjs';
import {clone} from './state.mjs';
import {toPixels, toTiles} from './rasters.mjs';
import {countColumns, SIDE} from './tiles.mjs';

/** @import {Brush, ColourTiles, Decode, Mask, Palette, Pixels, Shape, Size, State} from './types.d.ts' */

/** What masks were written as: they never change, so they are encoded once. @type {WeakMap<Mask, Promise<string>>} */
const WRITTEN = new WeakMap();

/**
 * The document's palette with its masks, as every other part of Region Diffusion reads it.
 * @param {State} state @param {Decode} [decode] reads the picture under a colour layer @returns {Promise<Record<string, unknown>>}
 */
export async function toPalette(state, decode) {
  const {size} = state.palette;
  const palette = clone(state.palette);
  const brushes = await Promise.all(palette.brushes.map(async (brush) => ({...brush, mask: await writeMask(state.masks.get(brush.id), size)})));
  const background = {...palette.background};
  if (state.colour.tiles.size) background.image = await writeColours(state.colour.tiles, size, background.image ?? null, decode);
  return placePicture({...palette, background, brushes});
}

/** The picture below is what the drawing starts from where the palette says so. @param {Palette} palette @returns {Record<string, unknown>} */
function placePicture(palette) {
  const init = /** @type {Record<string, unknown> | null | undefined} */ (palette.init);
  if (!init || init.image) return palette;
  const {image, ...background} = palette.background;
  const {init: _, ...rest} = palette;
  return image ? {...palette, background, init: {...init, image}} : rest;
}

/** @param {Mask | undefined} mask @param {Size} size @returns {unknown} */
function writeMask(mask, size) {
  if (mask?.shape) return clone(mask.shape);
  const kept = mask && WRITTEN.get(mask);
  if (kept) return kept;
  const made = mask?.tiles.size ? encodePng(toPixels(mask.tiles, size), size.width, size.height, 1).then(toDataUrl) : encodePng(new Uint8Array(1), 1, 1, 1).then(toDataUrl);
  if (mask) WRITTEN.set(mask, made);
  return made;
}

/** The colour layer, over what is under it. @param {ColourTiles} tiles @param {Size} size @param {string | null} under @param {Decode | undefined} decode */
async function writeColours(tiles, size, under, decode) {
  const pixels = layColours(tiles, size);
  if (typeof under === 'string' && decode) layOver(pixels, await decode(under), size);
  return toDataUrl(await encodePng(pixels, size.width, size.height, 4));
}

/** Put a picture under pixels. @param {Uint8Array} pixels RGBA, changed @param {Pixels} under @param {Size} size */
function layOver(pixels, under, size) {
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const at = 4 * (y * size.width + x);
      const from = 4 * (Math.floor(((y + 0.5) * under.height) / size.height) * under.width + Math.floor(((x + 0.5) * under.width) / size.width));
      const [over, below] = [pixels[at + 3] / 255, (1 - pixels[at + 3] / 255) * (under.data[from + 3] / 255)];
      const alpha = over + below;
      for (let band = 0; band < 3 && alpha; band += 1) pixels[at + band] = Math.round((pixels[at + band] * over + under.data[from + band] * below) / alpha);
      pixels[at + 3] = Math.round(255 * alpha);
    }
  }
}

/** The colour layer as RGBA. @param {ColourTiles} tiles @param {Size} size */
export function layColours(tiles, size) {
  const pixels = new Uint8Array(4 * size.width * size.height);
  const columns = countColumns(size);
  for (const [number, tile] of tiles) {
    const [left, top] = [(number % columns) * SIDE, Math.floor(number / columns) * SIDE];
    const wide = Math.min(SIDE, size.width - left);
    for (let y = 0; y < Math.min(SIDE, size.height - top); y += 1) pixels.set(tile.subarray(4 * y * SIDE, 4 * (y * SIDE + wide)), 4 * ((top + y) * size.width + left));
  }
  return pixels;
}

/**
 * The document of a palette. Throws an Error with the place of the fault and what was expected there.
 * @param {unknown} given @param {Decode} [decode] reads pictures of kinds that only browsers know @returns {Promise<State>}
 */
export async function fromPalette(given, decode) {
  const palette = expectPalette(given);
  const {size} = palette;
  const masks = new Map();
  const taken = new Set();
  /** @type {Brush[]} */
  const brushes = [];
  for (const [index, each] of palette.brushes.entries()) {
    const {mask, ...fields} = each;
    const id = takeId(fields.id, index, taken);
    const colour = typeof fields.colour === 'string' && fields.colour ? fields.colour : pickColour(brushes.map((brush) => brush.colour));
    brushes.push({...fields, id, name: fields.name ?? '', prompt: fields.prompt ?? '', colour});
    masks.set(id, await readMask(mask, size, `brushes[${index}].mask`, decode));
  }
  const {init, background} = takePicture(palette);
  return {palette: {...palette, ...init, brushes, background: {prompt: '', negative: '', ...background}}, masks, colour: {tiles: new Map()}};
}

/** A picture that the drawing starts from is shown under the brushes, if nothing else is. @param {Palette} palette @returns {{init: object, background: Palette['background']}} */
function takePicture(palette) {
  const init = /** @type {Record<string, unknown> | null | undefined} */ (palette.init);
  if (typeof init?.image !== 'string' || palette.background.image) return {init: {}, background: palette.background};
  const {image, ...rest} = init;
  return {init: {init: rest}, background: {...palette.background, image: String(image)}};
}

/** @param {unknown} id @param {number} index @param {Set<string>} taken */
function takeId(id, index, taken) {
  let own = typeof id === 'string' && id ? id : `b${index + 1}`;
  for (let number = 2; taken.has(own); number += 1) own = `${id || 'b'}-${number}`;
  taken.add(own);
  return own;
}

/** @param {unknown} given @returns {Palette} */
function expectPalette(given) {
  const palette = /** @type {any} */ (clone(given));
  if (palette === null || typeof palette !== 'object' || Array.isArray(palette)) throw new Error('expected a palette, an object with brushes');
  if (palette.version !== undefined && palette.version !== 1) throw new Error(`version: expected 1, got ${JSON.stringify(palette.version)}: this palette is from a newer Region Diffusion`);
  const size = expectSize(palette.size ?? {width: 512, height: 512}, 'size');
  const brushes = palette.brushes ?? [];
  if (!Array.isArray(brushes) || brushes.some((brush) => brush === null || typeof brush !== 'object' || Array.isArray(brush))) throw new Error('brushes: expected a list of objects');
  return {...palette, version: 1, size, background: palette.background ?? {}, brushes};
}

/** @param {unknown} mask @param {Size} size @param {string} path @param {Decode | undefined} decode @returns {Promise<Mask>} */
async function readMask(mask, size, path, decode) {
  if (mask === undefined || mask === null) return {shape: null, tiles: new Map()};
  if (typeof mask === 'string') return {shape: null, tiles: toTiles(await readCoverage(mask, size, path, decode), size)};
  return drawShape(expectShape(mask, path), size);
}

/** @param {unknown} mask @param {string} path @returns {Shape} */
function expectShape(mask, path) {
  const [[kind, numbers] = ['', null]] = Object.entries(/** @type {object} */ (mask));
  const flat = Array.isArray(numbers) ? numbers.flat() : [];
  const fits = kind === 'polygon' ? flat.length >= 6 && flat.length % 2 === 0 : ['rectangle', 'ellipse'].includes(kind) && flat.length === 4;
  if (!fits || !flat.every(Number.isFinite)) throw new Error(`${path}: expected a rectangle, an ellipse, a polygon or a picture`);
  return /** @type {Shape} */ (mask);
}

/** @param {string} url @param {Size} size @param {string} path @param {Decode | undefined} decode */
async function readCoverage(url, size, path, decode) {
  const own = url.startsWith('data:image/png') ? await decodePng(fromDataUrl(url)).catch((error) => fail(path, error)) : null;
  if (own?.channels === 1) return own.width === size.width && own.height === size.height ? own.data : resize(own.data, own, size);
  if (!decode) throw new Error(`${path}: expected an 8-bit grey PNG`);
  const {data, width, height} = await decode(url).catch(() => {
    throw new Error(`${path}: expected a picture, got something that cannot be decoded`);
  });
  return resize(reduce(data), {width, height}, size);
}

/** @param {string} path @param {Error} error @returns {never} */
function fail(path, error) {
  throw new Error(`${path}: ${error.message}`, {cause: error});
}

/** Coverage of RGBA: its alpha where any is transparent, else its luminance. @param {Uint8Array | Uint8ClampedArray} data */
function reduce(data) {
  let opaque = true;
  for (let at = 3; at < data.length && opaque; at += 4) opaque = data[at] === 255;
  return Uint8Array.from({length: data.length / 4}, (_, at) => (opaque ? (19595 * data[4 * at] + 38470 * data[4 * at + 1] + 7471 * data[4 * at + 2] + 0x8000) >> 16 : data[4 * at + 3]));
}
