// Colour maps, out and in: each brush is an area of its colour; white and black are the whole picture's.

import {encodePng} from '../document/png.mjs';
import {clone} from '../document/state.mjs';
import {toPixels, toTiles} from '../document/tiles.mjs';

/** @import {Brush, Mask, Pixels, Size, State} from '../document/types.d.ts' */

/** Share of the pixels that a colour must have to count as one, and how far (0..441) others may be from it and still be it. */
const LEAST = 0.002;
const NEAR = 60;
const GROUND = [0xffffff, 0x000000];
const MOST = 64;

/** The map of a document, as PNG: the owner of each pixel in its colour. @param {State} state */
export function writeColourMap(state) {
  const {size, brushes} = state.palette;
  const made = new Uint8Array(4 * size.width * size.height).fill(255);
  for (const {id, colour} of brushes) {
    const rgb = Number.parseInt(colour.slice(1), 16);
    const cover = toPixels(state.masks.get(id)?.tiles ?? new Map(), size);
    for (let at = 0; at < cover.length; at += 1) if (cover[at] >= 128) made.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], 4 * at);
  }
  return encodePng(made, size.width, size.height, 4);
}

/**
 * A document with the areas of a map: brushes keep their words where their colours are found, others are new ones. Pixels of
 * further colours, as soft edges and JPEG have, go to the nearest one; `snapped` says how many.
 * @param {Pixels} picture @param {State} state @returns {{state: State, snapped: number, made: number}}
 */
export function readColourMap({width, height, data}, state) {
  const known = state.palette.brushes.map(({colour}) => Number.parseInt(colour.slice(1), 16));
  const colours = findColours(data, known);
  const {owners, snapped} = assign(data, colours);
  const size = {width, height};
  const palette = {...clone(state.palette), size};
  /** @type {Map<string, Mask>} */
  const masks = new Map();
  let made = 0;
  colours.forEach((colour, index) => {
    if (GROUND.includes(colour) && !known.includes(colour)) return;
    const text = `#${colour.toString(16).padStart(6, '0')}`;
    let brush = palette.brushes.find((each) => each.colour.toLowerCase() === text);
    if (!brush) {
      brush = makeBrush(palette.brushes, text);
      palette.brushes.push(brush);
      made += 1;
    }
    masks.set(brush.id, {shape: null, tiles: toTiles(owners.map((owner) => (owner === index ? 255 : 0)), size)});
  });
  return {state: {palette, masks, colour: {tiles: new Map()}}, snapped, made};
}

/** @param {Brush[]} brushes @param {string} colour @returns {Brush} */
function makeBrush(brushes, colour) {
  const taken = new Set(brushes.map(({id}) => id));
  let number = brushes.length + 1;
  while (taken.has(`b${number}`)) number += 1;
  return {id: `b${number}`, name: '', prompt: '', colour};
}

/** The colours that areas have: those of brushes, and others that are frequent, the most frequent first. @param {Pixels['data']} data @param {number[]} known */
function findColours(data, known) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    const rgb = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  }
  const found = known.filter((colour, index) => counts.has(colour) && known.indexOf(colour) === index);
  const frequent = [...counts].filter(([, count]) => count >= (LEAST * data.length) / 4).sort((a, b) => b[1] - a[1]);
  for (const [colour] of frequent) if (found.length < MOST && found.every((other) => measure(colour, other) > NEAR)) found.push(colour);
  return found.length ? found : [[...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0xffffff];
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

/** @param {number} a @param {number} b */
function measure(a, b) {
  return Math.hypot((a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255));
}
