// States of a document: values that share what is equal, so that a history of them costs what has changed. Pure.

import {findChanges, wholeCanvas} from './tiles.mjs';

/** @import {Change, Mask, Palette, Size, State} from './types.d.ts' */

/** @param {Size} [size] @returns {State} */
export function emptyState(size = {width: 512, height: 512}) {
  return {palette: {version: 1, size: {...size}, background: {prompt: '', negative: ''}, brushes: []}, masks: new Map(), colour: {tiles: new Map()}};
}

/** A copy of plain data; long texts are shared. @template T @param {T} value @returns {T} */
export function clone(value) {
  if (Array.isArray(value)) return /** @type {any} */ (value.map(clone));
  if (value === null || typeof value !== 'object') return value;
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clone(each)])));
}

/** Whether plain data is equal. @param {unknown} a @param {unknown} b @returns {boolean} */
export function equal(a, b) {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const [first, second] = [Object.entries(a), /** @type {Record<string, unknown>} */ (b)];
  return first.length === Object.keys(second).length && first.every(([key, each]) => key in second && equal(each, second[key]));
}

/** Plain data that shares what is equal with other data. @template T @param {T} value of its own, changed @param {unknown} other @returns {T} */
export function share(value, other) {
  if (value === null || other === null || typeof value !== 'object' || typeof other !== 'object') return value;
  const [own, old] = [/** @type {Record<string, unknown>} */ (value), /** @type {Record<string, unknown>} */ (other)];
  for (const key of Object.keys(own)) own[key] = share(own[key], old[key]);
  return equal(own, old) ? /** @type {any} */ (old) : value;
}

/** @param {State} a @param {State} b */
export function same(a, b) {
  return diff(a, b) === null;
}

/** What differs between two states, for those who draw them; null where nothing does. @param {State} before @param {State} after @returns {Change | null} */
export function diff(before, after) {
  if (before === after) return null;
  /** @type {Change} */
  const change = {};
  const [old, now] = [before.palette, after.palette];
  if (!equal(old, now)) {
    change.palette = true;
    if (!equal(old.size, now.size)) change.size = true;
    if (!equal(old.brushes.map(({id}) => id), now.brushes.map(({id}) => id))) change.order = true;
  }
  const {size} = now;
  const masks = new Map();
  for (const id of new Set([...before.masks.keys(), ...after.masks.keys()])) {
    const boxes = change.size ? [wholeCanvas(size)] : diffMasks(before.masks.get(id), after.masks.get(id), size);
    if (boxes.length) masks.set(id, boxes);
  }
  if (masks.size) change.masks = masks;
  if (before.colour !== after.colour) {
    const boxes = change.size ? [wholeCanvas(size)] : findChanges(before.colour.tiles, after.colour.tiles, size);
    if (boxes.length) change.colour = boxes;
  }
  return Object.keys(change).length ? change : null;
}

/** @param {Mask | undefined} before @param {Mask | undefined} after @param {Size} size */
function diffMasks(before, after, size) {
  if (before === after) return [];
  return findChanges(before?.tiles ?? new Map(), after?.tiles ?? new Map(), size);
}
