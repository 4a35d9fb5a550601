// Colour maps, out and in: each brush is an area of its colour; white and black are the whole picture's.

import {encodePng} from '../document/png.mjs';
import {expectSize} from '../document/sizes.mjs';
import {clone} from '../document/state.mjs';
import {toPixels, toTiles} from '../document/rasters.mjs';
import {findCode, listColours, measure} from './colour_codes.mjs';

/** @import {Brush, Mask, Pixels, State} from '../document/types.d.ts' */
/** @import {Code, Entry} from './colour_codes.mjs' */

/** Share of the pixels that a colour must have to count as one, and how far (0..441) others may be from it and still be it. */
const LEAST = 0.002;
/** The same for colours of a code, which are meant even where they are few. */
const LEAST_MEANT = 0.0005;
const NEAR = 60;
const GROUND = [0xffffff, 0x000000];
const MOST = 64;

/**
 * The map of a document, as PNG: the owner of each pixel in its colour, or in the one that it has in a code of another program.
 * Brushes that a code has no colour for are left white there.
 * @param {State} state @param {Code} [code]
 */
export function writeColourMap(state, code) {
  const {size, brushes} = state.palette;
  const colours = code ? listColours(code, brushes) : brushes.map(({colour}) => Number.parseInt(colour.slice(1), 16));
  const made = new Uint8Array(4 * size.width * size.height).fill(255);
  for (const [index, {id}] of brushes.entries()) {
    const rgb = colours[index] ?? 0xffffff;
    const cover = toPixels(state.masks.get(id)?.tiles ?? new Map(), size);
    for (let at = 0; at < cover.length; at += 1) if (cover[at] >= 128) made.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], 4 * at);
  }
  return encodePng(made, size.width, size.height, 4);
}

/**
 * A document with the areas of a map: brushes keep their words where their colours are found, others are new ones; in ADE20K's
 * colours these are named. Pixels of further colours, as soft edges and JPEG have, go to the nearest one; `snapped` says how many.
 * What is transparent is the whole picture's. Throws an Error for sizes that no palette has.
 * @param {Pixels} picture @param {State} state @returns {{state: State, snapped: number, made: number, code: Code | null}}
 */
export function readColourMap({width, height, data: given}, state) {
  const size = expectSize({width, height}, 'colour map');
  const data = flatten(given);
  const known = state.palette.brushes.map(({colour}) => Number.parseInt(colour.slice(1), 16));
  const {colours, names, code} = findColours(data, known);
  const {owners, snapped} = assign(data, colours);
  const palette = {...clone(state.palette), size};
  /** @type {Map<string, Mask>} */
  const masks = new Map();
  let made = 0;
  colours.forEach((colour, index) => {
    if (GROUND.includes(colour) && !known.includes(colour)) return;
    const text = `#${colour.toString(16).padStart(6, '0')}`;
    let brush = palette.brushes.find((each) => each.colour.toLowerCase() === text);
    if (!brush) {
      brush = makeBrush(palette.brushes, text, names.get(colour) ?? '');
      palette.brushes.push(brush);
      made += 1;
    }
    masks.set(brush.id, {shape: null, tiles: toTiles(owners.map((owner) => (owner === index ? 255 : 0)), size)});
  });
  const {width: old, height: tall} = state.palette.size;
  const colour = old === width && tall === height ? state.colour : {tiles: new Map()};
  return {state: {palette, masks, colour}, snapped, made, code};
}

/** The pixels with white for what is transparent. @param {Pixels['data']} given */
function flatten(given) {
  const data = new Uint8Array(given);
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] < 128) data.fill(255, at, at + 4);
  return data;
}

/** @param {Brush[]} brushes @param {string} colour @param {string} prompt @returns {Brush} */
function makeBrush(brushes, colour, prompt) {
  const taken = new Set(brushes.map(({id}) => id));
  let number = brushes.length + 1;
  while (taken.has(`b${number}`)) number += 1;
  return {id: `b${number}`, name: '', prompt, colour};
}

/**
 * The colours that areas have: those of brushes, then those of a code that the map is in, or others that are frequent.
 * @param {Pixels['data']} data @param {number[]} known @returns {{colours: number[], names: Map<number, string>, code: Code | null}}
 */
function findColours(data, known) {
  const counts = countColours(data);
  const found = known.filter((colour, index) => counts.has(colour) && known.indexOf(colour) === index);
  const rest = new Map([...counts].filter(([colour]) => !found.includes(colour)));
  const {code, entries} = findCode(rest, (LEAST_MEANT * data.length) / 4) ?? {code: null, entries: /** @type {Entry[]} */ ([])};
  const frequent = [...rest].filter(([, count]) => count >= (LEAST * data.length) / 4).sort((a, b) => b[1] - a[1]);
  for (const {colour} of entries) if (found.length < MOST && !found.includes(colour)) found.push(colour);
  for (const [colour] of frequent) if (GROUND.includes(colour)) found.push(colour);
  const apart = (/** @type {number} */ colour) => found.every((other) => measure(colour, other) > NEAR);
  if (!code) for (const [colour] of frequent) if (found.length < MOST && apart(colour)) found.push(colour);
  if (!found.length) found.push([...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? GROUND[0]);
  return {colours: found, names: new Map(entries.map(({colour, name}) => [colour, name])), code};
}

/** @param {Pixels['data']} data */
function countColours(data) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const rgb = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  }
  return counts;
}

/** @param {Pixels['data']} data @param {number[]} colours */
function assign(data, colours) {
  const owners = new Uint8Array(data.length / 4);
  /** @type {Map<number, number>} */
  const nearest = new Map(colours.map((colour, index) => [colour, index]));
  const exact = new Set(colours);
  let snapped = 0;
  for (let at = 0; at < owners.length; at += 1) {
    const rgb = (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2];
    let owner = nearest.get(rgb);
    if (owner === undefined) {
      owner = colours.reduce((best, colour, index) => (measure(rgb, colour) < measure(rgb, colours[best]) ? index : best), 0);
      nearest.set(rgb, owner);
    }
    if (!exact.has(rgb)) snapped += 1;
    owners[at] = owner;
  }
  return {owners, snapped};
}
