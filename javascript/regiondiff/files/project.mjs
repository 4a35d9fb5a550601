// Projects: all that a page holds in one archive, so that it goes on where it was; masks, colours and pictures as files of their own.

import {layColours} from '../document/palette_json.mjs';
import {expectPalette, expectRoom, withoutMask} from '../document/palette_reading.mjs';
import {decodePng, encodePng, fromDataUrl, measurePng, toDataUrl} from '../document/png.mjs';
import {drawShape} from '../document/shapes.mjs';
import {clone} from '../document/state.mjs';
import {cutColours, toPixels, toTiles} from '../document/rasters.mjs';
import {decode, encode, pack, unpack} from './archive.mjs';

/** @import {Schema} from '../document/schema.mjs' */
/** @import {Mask, Size, State} from '../document/types.d.ts' */
/** @typedef {Record<string, unknown>} View what else the page keeps: hidden and locked brushes, the tool ... */

const KIND = 'regiondiff project';
const VERSION = 1;
const ENDINGS = /** @type {Record<string, string>} */ ({'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp'});

/** @param {State} state @param {View} [view] @returns {Promise<Uint8Array>} */
export async function writeProject({palette, masks, colour}, view = {}) {
  const {size} = palette;
  /** @type {Record<string, Uint8Array>} */
  const files = {};
  const kept = clone(palette);
  const brushes = [];
  for (const [index, brush] of kept.brushes.entries()) brushes.push({...brush, mask: await writeMask(files, `masks/${index + 1}.png`, masks.get(brush.id), size)});
  const image = putPicture(files, kept.background.image);
  const background = {...kept.background, ...(image ? {image} : {})};
  if (colour.tiles.size) files['colour.png'] = await encodePng(layColours(colour.tiles, size), size.width, size.height, 4);
  const head = {kind: KIND, version: VERSION, colour: colour.tiles.size ? 'colour.png' : null, view};
  return pack({mimetype: encode('application/zip'), 'project.json': encode(JSON.stringify(head, null, 1)), 'palette.json': encode(JSON.stringify({...kept, background, brushes}, null, 1)), ...files});
}

/** @param {Record<string, Uint8Array>} files @param {string} name @param {Mask | undefined} mask @param {Size} size */
async function writeMask(files, name, mask, size) {
  if (mask?.shape) return clone(mask.shape);
  if (!mask?.tiles.size) return null;
  files[name] = await encodePng(toPixels(mask.tiles, size), size.width, size.height, 1);
  return {file: name};
}

/** @param {Record<string, Uint8Array>} files @param {unknown} url */
function putPicture(files, url) {
  const type = typeof url === 'string' ? (/^data:([^;,]+);base64,/.exec(url)?.[1] ?? '') : '';
  if (!ENDINGS[type]) return null;
  const name = `background.${ENDINGS[type]}`;
  files[name] = fromDataUrl(/** @type {string} */ (url));
  return {file: name};
}

/**
 * What an archive holds. Throws an Error that says what was expected.
 * @param {Uint8Array} bytes @param {Schema} schema of palettes @returns {Promise<{state: State, view: View}>}
 */
export async function readProject(bytes, schema) {
  const files = unpack(bytes, 'a project', (name) => /\.(json|png|jpg|webp)$/.test(name));
  const head = parse(files, 'project.json');
  if (head.kind !== KIND) throw new Error('expected a project, got another archive');
  if (head.version !== VERSION) throw new Error(`expected a project of version ${VERSION}, got ${JSON.stringify(head.version ?? null).slice(0, 40)}: it is from a newer Region Diffusion`);
  const palette = expectPalette(parse(files, 'palette.json'), schema, false);
  const {size, brushes} = palette;
  expectRoom(Object.keys(files).filter((name) => name.startsWith('masks/')).map((name) => measurePng(files[name])));
  const masks = new Map();
  for (const {id, mask} of brushes) masks.set(id, await readMask(files, mask, size));
  const tiles = typeof head.colour === 'string' ? cutColours(await readPng(files, head.colour, size, 4), size) : new Map();
  return {state: {palette: {...palette, background: readBackground(files, palette.background), brushes: brushes.map(withoutMask)}, masks, colour: {tiles}}, view: readView(head.view)};
}

/** What else the page kept, as far as it is that. @param {any} view @returns {View} */
function readView(view) {
  const isPlain = (/** @type {unknown} */ each) => each !== null && typeof each === 'object' && !Array.isArray(each);
  if (!isPlain(view)) return {};
  const states = (Array.isArray(view.states) ? view.states : []).filter((/** @type {unknown} */ each) => Array.isArray(each) && typeof each[0] === 'string' && isPlain(each[1]));
  return {...view, ...(view.states ? {states} : {})};
}

/** @param {Record<string, Uint8Array>} files @param {string} name @returns {any} */
function parse(files, name) {
  try {
    const found = JSON.parse(decode(files[name]));
    if (found !== null && typeof found === 'object') return found;
  } catch {
    // told below
  }
  throw new Error(`expected a project, got an archive without a readable ${name}`);
}

/** @param {Record<string, Uint8Array>} files @param {any} mask as the schema has it @param {Size} size @returns {Promise<Mask>} */
async function readMask(files, mask, size) {
  if (!mask) return {shape: null, tiles: new Map()};
  if (typeof mask === 'string') throw new Error('palette.json: expected shapes and names of files as masks, got a data URL');
  if ('file' in mask) return {shape: null, tiles: toTiles(await readPng(files, mask.file, size, 1), size)};
  return drawShape(mask, size);
}

/** @param {Record<string, Uint8Array>} files @param {string} name @param {Size} size @param {number} channels */
async function readPng(files, name, {width, height}, channels) {
  const picture = Object.hasOwn(files, name) ? await decodePng(files[name]).catch(() => null) : null;
  if (picture?.channels !== channels || picture.width !== width || picture.height !== height) throw new Error(`${name}: expected a PNG of ${width} x ${height} pixels`);
  return picture.data;
}

/** @param {Record<string, Uint8Array>} files @param {any} background as the schema has it */
function readBackground(files, background) {
  const name = background.image?.file;
  if (!name) return background;
  if (!Object.hasOwn(files, name)) throw new Error(`${name}: expected the picture under the brushes, got none`);
  const [type] = Object.entries(ENDINGS).find(([, ending]) => name.endsWith(`.${ending}`)) ?? ['image/png'];
  return {...background, image: toDataUrl(files[name], type)};
}
