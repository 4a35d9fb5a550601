// The list of layers of an OpenRaster file, as text and back, and what stands in layers' names.
//
// Other programs keep of a layer its pixels, place, order and name, and nothing else of the file. So all that a brush says is in its
// layer's name, after a mark, and what the whole picture says in the name of the layer below all others.

import {expectSize} from '../document/sizes.mjs';

/** @import {Size} from '../document/types.d.ts' */
/** @typedef {{name: string, src: string, x: number, y: number, visible: boolean}} Layer */
/** @typedef {{name: string, close: boolean, alone: boolean, attributes: Record<string, string>}} Tag */

/** What stands in a layer's name between what people call it and its settings. */
export const MARK = ' :: ';
/** Names of the layers under the brushes. */
export const PICTURE = `Picture${MARK}{"layer":"picture"}`;
export const COLOURS = `Colours${MARK}{"layer":"colours"}`;
const MOST_LAYERS = 512;
const MOST_PLACE = 2 ** 20;

/** @param {Size} size @param {string[]} names from the lowest up */
export function writeStack({width, height}, names) {
  const layers = names.map((name, index) => `    <layer name="${escape(name)}" src="${nameFile(index)}" x="0" y="0" opacity="1.0" visibility="visible" composite-op="svg:src-over"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<image version="0.0.3" w="${width}" h="${height}" xres="72" yres="72">\n  <stack>\n${layers.reverse().join('\n')}\n  </stack>\n</image>\n`;
}

/** @param {number} index of a layer, from the lowest up */
export function nameFile(index) {
  return `data/layer${index}.png`;
}

/** A stack's size, and its layers from the lowest up, those of groups at their places. Throws an Error that says what was expected. @param {string} stack @returns {{size: Size, layers: Layer[]}} */
export function readStack(stack) {
  const layers = [];
  let size = null;
  /** @type {{x: number, y: number, visible: boolean}[]} */
  const groups = [];
  for (const {name: kind, close, alone, attributes} of listTags(stack)) {
    const {name = '', src = '', x = '0', y = '0', visibility = 'visible'} = attributes;
    const above = groups.at(-1) ?? {x: 0, y: 0, visible: true};
    const own = {x: above.x + readPlace(x, name), y: above.y + readPlace(y, name), visible: above.visible && visibility === 'visible'};
    if (kind === 'image' && !close) size ??= expectSize({width: Number(attributes.w ?? NaN), height: Number(attributes.h ?? NaN)}, 'stack.xml');
    else if (kind === 'layer' && !close) layers.push({name, src, ...own});
    else if (kind === 'stack' && close) groups.pop();
    else if (kind === 'stack' && !alone) groups.push(own);
    if (layers.length > MOST_LAYERS) throw new Error(`stack.xml: expected at most ${MOST_LAYERS} layers, got more`);
  }
  if (!size) throw new Error('stack.xml: expected an image with its width and height, got none');
  return {size, layers: layers.reverse()};
}

/** @param {string} text @param {string} name of the layer */
function readPlace(text, name) {
  const place = Number(text);
  if (!(Math.abs(place) <= MOST_PLACE)) throw new Error(`stack.xml: expected the layer ${JSON.stringify(name.slice(0, 60))} at a place in pixels, got ${JSON.stringify(text.slice(0, 20))}`);
  return Math.round(place);
}

/** The tags of a document; each letter is looked at once. @param {string} text @returns {Generator<Tag>} */
function* listTags(text) {
  const [open, attribute, end] = [/<(\/?)([\w:-]+)/y, /\s+([\w:-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y, /\s*(\/?)>/y];
  const read = (/** @type {RegExp} */ pattern, /** @type {number} */ at) => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const head = read(open, at);
    if (!head) {
      const after = text.startsWith('<!--', at) ? text.indexOf('-->', at) : at + 1;
      if (after < 0) return;
      at = after;
      continue;
    }
    at += head[0].length;
    /** @type {Record<string, string>} */
    const attributes = {};
    for (let found = read(attribute, at); found; found = read(attribute, at)) {
      attributes[found[1]] = unescape(found[2] ?? found[3]);
      at += found[0].length;
    }
    const last = read(end, at);
    if (last) yield {name: head[2], close: head[1] !== '', alone: last[1] !== '', attributes};
  }
}

/**
 * What stands after the mark in a layer's name; null for a layer that other programs have made. Programs add words and numbers to
 * names that are taken. Throws an Error for settings that cannot be read.
 * @param {string} name @returns {Record<string, any> | null}
 */
export function readSettings(name) {
  const at = name.indexOf(`${MARK}{`);
  if (at < 0) return null;
  try {
    return JSON.parse(name.slice(at + MARK.length, name.lastIndexOf('}') + 1));
  } catch (error) {
    throw new Error(`expected the layer ${JSON.stringify(name.slice(0, 60))} with its settings after "::" as they were written, got others: rename what stands before that alone`, {cause: error});
  }
}

/** What people see of a brush's name: without the mark, and without letters that XML has no place for. @param {{name?: unknown, prompt?: unknown}} brush */
export function showName({name, prompt}) {
  const text = [name, prompt].find((each) => typeof each === 'string' && each) ?? 'brush';
  return String(text).replaceAll(MARK, ' : ').replace(UNKNOWN, (letter) => ('\t\n\r'.includes(letter) ? letter : ''));
}

/** @param {string} name of a layer */
export function readShownName(name) {
  const at = name.indexOf(`${MARK}{`);
  return (at < 0 ? name : name.slice(0, at)).trim();
}

/** Control characters, halves of letters, and what is no letter. */
const UNKNOWN = /[\p{Cc}\p{Surrogate}\ufffe\uffff\ufeff]/gu;

/** @param {string} value */
function escape(value) {
  return value.replace(/[&<>"'\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** @param {string} value */
function unescape(value) {
  const names = /** @type {Record<string, string>} */ ({amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"});
  return value.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name) return names[name] ?? whole;
    const code = Number.parseInt(decimal ?? hex, decimal ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
