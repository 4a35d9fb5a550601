// Projects: all that a page holds in one archive, so that it goes on where it was; masks, colours and pictures as files of their own.

import {layColours} from '../document/palette_json.mjs';
import {decodePng, encodePng, fromDataUrl, toDataUrl} from '../document/png.mjs';
import {drawShape} from '../document/shapes.mjs';
import {expectSize} from '../document/sizes.mjs';
import {clone} from '../document/state.mjs';
import {cutColours, toPixels, toTiles} from '../document/rasters.mjs';
import {decode, encode, pack, unpack} from './archive.mjs';

/** @import {Mask, Shape, Size, State} from '../document/types.d.ts' */
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
 * @param {Uint8Array} bytes @returns {Promise<{state: State, view: View}>}
 */
export async function readProject(bytes) {
  const files = unpack(bytes, 'a project', (name) => /\.(json|png|jpg|webp)$/.test(name));
  const head = parse(files, 'project.json');
  if (head.kind !== KIND) throw new Error('expected a project, got another archive');
  if (head.version !== VERSION) throw new Error(`expected a project of version ${VERSION}, got ${JSON.stringify(head.version)}: it is from a newer Region Diffusion`);
  const {brushes: given, background, ...rest} = parse(files, 'palette.json');
  const size = expectSize(rest.size ?? {}, 'palette.json');
  if (!Array.isArray(given)) throw new Error('palette.json: expected a list of brushes');
  const masks = new Map();
  const brushes = [];
  for (const {mask, ...brush} of given) {
    masks.set(brush.id, await readMask(files, mask, size));
    brushes.push(brush);
  }
  const tiles = head.colour ? cutColours(await readPng(files, head.colour, size, 4), size) : new Map();
  return {state: {palette: {version: 1, ...rest, size, background: readBackground(files, background), brushes}, masks, colour: {tiles}}, view: head.view ?? {}};
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

/** @param {Record<string, Uint8Array>} files @param {{file: string} | Shape | null} mask @param {Size} size @returns {Promise<Mask>} */
async function readMask(files, mask, size) {
  if (!mask) return {shape: null, tiles: new Map()};
  if ('file' in mask) return {shape: null, tiles: toTiles(await readPng(files, mask.file, size, 1), size)};
  return drawShape(mask, size);
}

/** @param {Record<string, Uint8Array>} files @param {string} name @param {Size} size @param {number} channels */
async function readPng(files, name, {width, height}, channels) {
  const picture = files[name] ? await decodePng(files[name]).catch(() => null) : null;
  if (picture?.channels !== channels || picture.width !== width || picture.height !== height) throw new Error(`${name}: expected a PNG of ${width} x ${height} pixels`);
  return picture.data;
}

/** @param {Record<string, Uint8Array>} files @param {any} background */
function readBackground(files, background) {
  const name = background?.image?.file;
  if (!name) return {prompt: '', negative: '', ...background};
  if (!files[name]) throw new Error(`${name}: expected the picture under the brushes, got none`);
  const [type] = Object.entries(ENDINGS).find(([, ending]) => name.endsWith(`.${ending}`)) ?? ['image/png'];
  return {prompt: '', negative: '', ...background, image: toDataUrl(files[name], type)};
}
