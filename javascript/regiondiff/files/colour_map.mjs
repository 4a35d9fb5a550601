// Colour maps, out and in: each brush is an area of its colour; white and black are the whole picture's.

import {encodePng} from '../document/png.mjs';
import {expectSize} from '../document/sizes.mjs';
import {clone} from '../document/state.mjs';
import {toPixels, toTiles} from '../document/rasters.mjs';
import {findCode, isGround, listColours, measure} from './colour_codes.mjs';
import {findEnclosed} from './enclosed.mjs';

/** @import {Brush, Mask, Pixels, State} from '../document/types.d.ts' */
/** @import {Code, Entry} from './colour_codes.mjs' */

/** Share of the pixels that a colour must have to count as one, and how far (0..441) others may be from it and still be it. */
const LEAST = 0.002;
/** The same for colours of a code, which are meant even where they are few. */
const LEAST_MEANT = 0.0005;
const NEAR = 60;
/** How far from a colour pixels surely are it; others are soft edges if they are at most this share, and go to what is that near, in pixels. */
const SURE = 12;
const EDGES = 0.25;
const REACH = 2;
const GROUND = [0xffffff, 0x000000];
const MOST = 64;
/** Colours that are looked at, of those that a photograph or noise has. */
const MOST_LISTED = 2 ** 16;

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
 * What is transparent is the whole picture's. An area that lies wholly within that of a brush below it lies on that one, which goes
 * on there: a moon in the sky. Throws an Error for sizes that no palette has.
 * @param {Pixels} picture @param {State} state @returns {{state: State, snapped: number, made: number, code: Code | null}}
 */
export function readColourMap({width, height, data: given}, state) {
  const size = expectSize({width, height}, 'colour map');
  const data = flatten(given);
  const known = state.palette.brushes.map(({colour}) => Number.parseInt(colour.slice(1), 16));
  const {colours, names, code} = findColours(data, known);
  const {owners, snapped} = assign(data, size.width, colours);
  const palette = {...clone(state.palette), size};
  /** @type {Map<string, Mask>} */
  const masks = new Map();
  let made = 0;
  const brushes = colours.map((colour) => {
    if (GROUND.includes(colour) && !known.includes(colour)) return null;
    const text = `#${colour.toString(16).padStart(6, '0')}`;
    const there = palette.brushes.find((each) => each.colour.toLowerCase() === text);
    if (there) return there;
    made += 1;
    palette.brushes.push(makeBrush(palette.brushes, text, names.get(colour) ?? ''));
    return palette.brushes[palette.brushes.length - 1];
  });
  const enclosed = findEnclosed(owners, size.width, colours.length);
  const places = brushes.map((brush) => (brush ? palette.brushes.indexOf(brush) : -1));
  brushes.forEach((brush, index) => {
    if (!brush) return;
    const covers = colours.map((_, other) => other === index || (enclosed[index].has(other) && places[other] > places[index]));
    masks.set(brush.id, {shape: null, tiles: toTiles(owners.map((owner) => (covers[owner] ? 255 : 0)), size)});
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
  const found = known.filter((colour, index) => counts[colour] && known.indexOf(colour) === index);
  const rest = counts.slice();
  for (const colour of found) rest[colour] = 0;
  const {all, total} = listFrequent(rest);
  const {code, entries} = findCode(all, total, (LEAST_MEANT * data.length) / 4) ?? {code: null, entries: /** @type {Entry[]} */ ([])};
  const frequent = all.filter(([, count]) => count >= (LEAST * data.length) / 4);
  for (const {colour} of entries) if (found.length < MOST && !found.includes(colour)) found.push(colour);
  for (const [colour] of frequent) if (GROUND.includes(colour)) found.push(colour);
  const apart = (/** @type {number} */ colour) => found.every((other) => measure(colour, other) > NEAR);
  if (!code) for (const [colour] of frequent) if (found.length < MOST && apart(colour)) found.push(colour);
  if (!found.length) found.push(all[0]?.[0] ?? GROUND[0]);
  return {colours: found, names: new Map(entries.map(({colour, name}) => [colour, name])), code};
}

/** Pixels of each of the 2 ** 24 colours. @param {Pixels['data']} data */
function countColours(data) {
  const counts = new Uint32Array(2 ** 24);
  for (let at = 0; at < data.length; at += 4) counts[(data[at] << 16) | (data[at + 1] << 8) | data[at + 2]] += 1;
  return counts;
}

/** The colours that are frequent, the first ones first; `total` is what all have but the grounds. @param {Uint32Array} counts @returns {{all: [number, number][], total: number}} */
function listFrequent(counts) {
  /** @type {[number, number][]} */
  let all = [];
  let [total, least] = [0, 1];
  for (let colour = 0; colour < counts.length; colour += 1) {
    if (!counts[colour]) continue;
    if (!isGround(colour)) total += counts[colour];
    if (counts[colour] >= least) all.push([colour, counts[colour]]);
    while (all.length > MOST_LISTED) {
      least *= 2;
      all = all.filter((each) => each[1] >= least);
    }
  }
  return {all: all.sort((a, b) => b[1] - a[1]), total};
}

/**
 * The owner of each pixel, by the nearest colour; `snapped` counts those of further colours. Soft edges go to what is beside them.
 * @param {Pixels['data']} data @param {number} width @param {number[]} colours
 */
function assign(data, width, colours) {
  const owners = new Uint8Array(data.length / 4);
  const nearest = new Uint8Array(2 ** 24); // 1 is the first colour
  const exact = new Set(colours);
  const unsure = new Uint8Array(owners.length);
  let [snapped, many] = [0, 0];
  colours.forEach((colour, index) => (nearest[colour] ||= index + 1));
  for (let at = 0; at < owners.length; at += 1) {
    const rgb = readColour(data, at);
    nearest[rgb] ||= findNearest(rgb, colours) + 1;
    owners[at] = nearest[rgb] - 1;
    if (exact.has(rgb)) continue;
    snapped += 1;
    if (measure(rgb, colours[owners[at]]) <= SURE) continue;
    unsure[at] = 1;
    many += 1;
  }
  return {owners: many < EDGES * owners.length ? snapEdges(data, width, colours, owners, unsure) : owners, snapped};
}

/**
 * The owners with each unsure pixel's chosen from the sure ones around it: a soft edge between two colours may be like a third one.
 * @param {Pixels['data']} data @param {number} width @param {number[]} colours @param {Uint8Array} owners @param {Uint8Array} unsure
 */
function snapEdges(data, width, colours, owners, unsure) {
  const found = owners.slice();
  const height = owners.length / width;
  unsure.forEach((flag, at) => {
    if (!flag) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    let least = Infinity;
    for (let row = Math.max(0, y - REACH); row <= Math.min(height - 1, y + REACH); row += 1) {
      for (let column = Math.max(0, x - REACH); column <= Math.min(width - 1, x + REACH); column += 1) {
        const near = row * width + column;
        const distance = unsure[near] ? Infinity : measure(readColour(data, at), colours[owners[near]]);
        if (distance < least) [least, found[at]] = [distance, owners[near]];
      }
    }
  });
  return found;
}

/** @param {Pixels['data']} data @param {number} at */
const readColour = (data, at) => (data[4 * at] << 16) | (data[4 * at + 1] << 8) | data[4 * at + 2];

/** @param {number} rgb @param {readonly number[]} colours */
function findNearest(rgb, colours) {
  let [best, least] = [0, Infinity];
  for (let index = 0; index < colours.length; index += 1) {
    const distance = measure(rgb, colours[index]);
    if (distance < least) [best, least] = [index, distance];
  }
  return best;
}
