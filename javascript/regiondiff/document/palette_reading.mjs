// Palettes -> the document. Whatever is no palette is refused with its place, before anything is made of it. Pure.

import {pickColour} from './colours.mjs';
import {decodePng, fromDataUrl, measurePng} from './png.mjs';
import {toTiles} from './rasters.mjs';
import {resize} from './resample.mjs';
import {expectSchema} from './schema.mjs';
import {drawShape} from './shapes.mjs';
import {expectSize} from './sizes.mjs';
import {clone} from './state.mjs';

/** @import {Schema} from './schema.mjs' */
/** @import {Brush, Decode, Mask, Palette, Size, State} from './types.d.ts' */
/** @typedef {Brush & {mask?: any}} Given */

const VERSION = 1;
/** Pixels of all masks together, as the server has it. */
const MOST_OF_ALL = 2 ** 28;
const MOST_ID = 60; // letters, so that a number has room behind them
/** Base64 in which a PNG says how large it is. */
const HEAD = 64;

/**
 * The document of a palette. Throws an Error with the place of the fault and what was expected there.
 * @param {unknown} given @param {Schema} schema of palettes @param {Decode} [decode] reads pictures of kinds that only browsers know @returns {Promise<State>}
 */
export async function fromPalette(given, schema, decode) {
  const palette = expectPalette(given, schema);
  const {size, brushes} = palette;
  expectRoom(brushes.map(({mask}) => (typeof mask === 'string' ? measureUrl(mask) : null)));
  const masks = new Map();
  for (const [index, {id, mask}] of brushes.entries()) masks.set(id, await told(`brushes[${index}].mask`, () => readMask(mask, size, decode)));
  return {palette: {...palette, ...takePicture(palette), brushes: brushes.map(withoutMask)}, masks, colour: {tiles: new Map()}};
}

/**
 * A palette with all that the page asks of one; its brushes still have their masks, and each has an id of its own. One that could not be
 * drawn is refused; a brush may lack its id and mask, as one that was just begun.
 * @param {unknown} given @param {Schema} schema of palettes @param {boolean} [pictured] whether what the drawing starts from has its picture with it, as in palettes;
 *   in documents it lies under the brushes
 * @returns {Palette & {brushes: Given[]}}
 */
export function expectPalette(given, schema, pictured = true) {
  const {version} = /** @type {Record<string, unknown>} */ (given ?? {});
  if (typeof version === 'number' && version > VERSION) throw new Error(`version: expected ${VERSION}, got ${version}: this palette is from a newer Region Diffusion`);
  expectSchema(given, loosen(schema, pictured));
  const palette = clone(/** @type {any} */ (given));
  const size = expectSize(palette.size ?? {width: 512, height: 512}, 'size');
  /** @type {Given[]} */
  const brushes = [];
  const taken = new Set();
  for (const [index, brush] of (palette.brushes ?? []).entries()) {
    const colour = brush.colour ?? pickColour(brushes.map((each) => each.colour));
    brushes.push({...brush, id: takeId(brush.id ?? `b${index + 1}`, taken), name: brush.name ?? '', prompt: brush.prompt ?? '', colour});
  }
  return {...palette, version: VERSION, size, background: {prompt: '', negative: '', ...palette.background}, brushes};
}

/** @param {Given} given @returns {Brush} */
export function withoutMask({mask: _, ...brush}) {
  return brush;
}

/** Throw an Error for pictures that together have more pixels than a page can hold; looked at before any is unpacked. @param {readonly (Size | null)[]} sizes */
export function expectRoom(sizes) {
  const sum = sizes.reduce((pixels, size) => pixels + (size ? size.width * size.height : 0), 0);
  if (sum > MOST_OF_ALL) throw new Error(`brushes: expected masks of at most ${MOST_OF_ALL} pixels together, got ${sum}`);
}

/** @param {Schema} schema @param {boolean} pictured @returns {Schema} */
function loosen(schema, pictured) {
  const {brushes, init: start} = schema.properties;
  const init = pictured ? start : {anyOf: start.anyOf.map((/** @type {Schema} */ each) => ({...each, required: []}))};
  const {items} = brushes;
  const mask = {anyOf: [...items.properties.mask.anyOf, {type: 'null'}]};
  return {...schema, properties: {...schema.properties, init, brushes: {...brushes, items: {...items, required: [], properties: {...items.properties, mask}}}}};
}

/** An id that no other brush has, nor any plain object as a key of its own accord. @param {string} wanted @param {Set<string>} taken */
function takeId(wanted, taken) {
  let id = wanted;
  for (let number = 2; taken.has(id) || id in Object.prototype; number += 1) id = `${wanted.slice(0, MOST_ID)}-${number}`;
  taken.add(id);
  return id;
}

/** A picture that the drawing starts from is shown under the brushes, if nothing else is. @param {Palette} palette @returns {{init?: unknown, background: Palette['background']}} */
function takePicture({init: given, background}) {
  const init = /** @type {Record<string, unknown> | null | undefined} */ (given);
  if (typeof init?.image !== 'string' || background.image) return {background};
  const {image, ...rest} = init;
  return {init: rest, background: {...background, image: String(image)}};
}

/** Do something whose failure says where that is. @template T @param {string} path @param {() => Promise<T>} run @returns {Promise<T>} */
export async function told(path, run) {
  try {
    return await run();
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`, {cause: error});
  }
}

/** @param {any} mask as the schema has it @param {Size} size @param {Decode | undefined} decode @returns {Promise<Mask>} */
async function readMask(mask, size, decode) {
  if (mask === undefined || mask === null) return {shape: null, tiles: new Map()};
  if (typeof mask === 'string') return {shape: null, tiles: toTiles(await readCoverage(mask, size, decode), size)};
  if ('file' in mask) throw new Error('expected a shape or a picture as a data URL, got the name of a file, which a page cannot open');
  return drawShape(mask, size);
}

/** @param {string} url @param {Size} size @param {Decode | undefined} decode */
async function readCoverage(url, size, decode) {
  const own = await decodePng(readUrl(url));
  if (own?.channels === 1) return own.width === size.width && own.height === size.height ? own.data : resize(own.data, own, size);
  if (!decode) throw new Error('expected an 8-bit grey PNG');
  const {data, width, height} = await decode(url).catch(() => {
    throw new Error('expected a picture, got something that cannot be decoded');
  });
  return resize(reduce(data), {width, height}, size);
}

/** @param {string} url */
function readUrl(url) {
  try {
    return fromDataUrl(url);
  } catch (error) {
    throw new Error('expected a picture as base64, got other letters', {cause: error});
  }
}

/** @param {string} url */
function measureUrl(url) {
  const start = url.indexOf(',') + 1;
  return measurePng(fromDataUrl(url.length < start + HEAD ? 'data:,' : url.slice(0, start + HEAD)));
}

/** Coverage of RGBA: its alpha where any is transparent, else its luminance. @param {Uint8Array | Uint8ClampedArray} data */
function reduce(data) {
  let opaque = true;
  for (let at = 3; at < data.length && opaque; at += 4) opaque = data[at] === 255;
  return Uint8Array.from({length: data.length / 4}, (_, at) => (opaque ? (19595 * data[4 * at] + 38470 * data[4 * at + 1] + 7471 * data[4 * at + 2] + 0x8000) >> 16 : data[4 * at + 3]));
}
