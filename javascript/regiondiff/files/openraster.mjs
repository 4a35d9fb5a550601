// OpenRaster, out and in: one layer a brush, so that Krita or GIMP can paint the masks.
//
// Those programs keep of a layer its pixels, place, order and name, and nothing else of the file. So all that a brush says is
// in its layer's name, after a mark, and what the whole picture says in the name of the layer below all others.

import {layColours} from '../document/palette_json.mjs';
import {decodePng, encodePng, fromDataUrl, toDataUrl} from '../document/png.mjs';
import {pickColour} from '../document/colours.mjs';
import {openTile} from '../document/packing.mjs';
import {drawShape} from '../document/shapes.mjs';
import {expectSize} from '../document/sizes.mjs';
import {cutColours, toPixels, toTiles} from '../document/rasters.mjs';
import {decode, encode, pack, unpack} from './archive.mjs';

/** @import {Brush, Decode, Kept, Mask, Shape, Size, State, Tiles} from '../document/types.d.ts' */
/** @typedef {{name: string, src: string, x: number, y: number, visible: boolean}} Layer */

/** What stands in a layer's name between what people call it and its settings. */
export const MARK = ' :: ';
/** Names of the layers under the brushes. */
const PICTURE = `Picture${MARK}{"layer":"picture"}`;
const COLOURS = `Colours${MARK}{"layer":"colours"}`;
const THUMBNAIL = 256;

/**
 * The file of a document. From the lowest up its layers are white with what the whole picture says, the picture under the brushes,
 * the colour layer, and the brushes.
 * @param {State} state @param {Decode} [decodePicture] reads pictures that are no PNG @returns {Promise<Uint8Array>}
 */
export async function writeOpenRaster(state, decodePicture) {
  const {size, brushes, background, ...rest} = state.palette;
  const ground = whiteOf(size);
  const under = await listUnder(state, decodePicture);
  const said = under.some(({name}) => name === PICTURE) ? {...background, image: undefined} : background;
  const parts = await Promise.all(brushes.map((brush) => writeLayer(brush, state.masks.get(brush.id), size)));
  const layers = [{name: `Whole picture${MARK}${JSON.stringify({...rest, background: said})}`, png: await encodePng(ground, size.width, size.height, 4)}, ...under, ...parts];
  for (const {png} of under) layOver(ground, await decodePng(png), size);
  const merged = merge(ground, state);
  /** @type {Record<string, Uint8Array>} */
  const files = {
    mimetype: encode('image/openraster'),
    'stack.xml': encode(writeStack(size, layers.map(({name}) => name))),
    'mergedimage.png': await encodePng(merged, size.width, size.height, 4),
    'Thumbnails/thumbnail.png': await writeThumbnail(merged, size),
  };
  layers.forEach(({png}, index) => (files[`data/layer${index}.png`] = png));
  return pack(files);
}

/** The layers under the brushes. @param {State} state @param {Decode} [decodePicture] */
async function listUnder({palette, colour}, decodePicture) {
  const {size, background} = palette;
  const made = [];
  const png = await toPng(background.image, decodePicture);
  if (png) made.push({name: PICTURE, png});
  if (colour.tiles.size) made.push({name: COLOURS, png: await encodePng(layColours(colour.tiles, size), size.width, size.height, 4)});
  return made;
}

/** A picture as bytes of a PNG; null where there is none, or none that can be read here. @param {unknown} url @param {Decode} [decodePicture] */
async function toPng(url, decodePicture) {
  if (typeof url !== 'string') return null;
  if (url.startsWith('data:image/png')) return fromDataUrl(url);
  if (!decodePicture) return null;
  const {data, width, height} = await decodePicture(url);
  return encodePng(new Uint8Array(data), width, height, 4);
}

/** Lay a picture over pixels of the canvas, which change. @param {Uint8Array} pixels RGBA @param {Awaited<ReturnType<typeof decodePng>>} picture @param {Size} size */
function layOver(pixels, picture, size) {
  if (!picture) return;
  const {data, width, height, channels} = picture;
  for (let at = 0; at < size.width * size.height; at += 1) {
    const x = Math.floor((((at % size.width) + 0.5) * width) / size.width);
    const y = Math.floor(((Math.floor(at / size.width) + 0.5) * height) / size.height);
    const from = channels * (y * width + x);
    const alpha = channels % 2 ? 255 : data[from + channels - 1];
    for (let band = 0; band < 3; band += 1) pixels[4 * at + band] += ((data[from + (channels > 2 ? band : 0)] - pixels[4 * at + band]) * alpha) / 255;
  }
}

/** @param {Brush} brush @param {Mask | undefined} mask @param {Size} size */
async function writeLayer(brush, mask, size) {
  const {name, ...settings} = brush;
  const kept = mask?.shape ? {...settings, mask: mask.shape} : settings;
  const pixels = tint(mask?.tiles ?? new Map(), brush.colour, size);
  return {name: `${name || brush.prompt || 'brush'}${MARK}${JSON.stringify({...kept, name})}`, png: await encodePng(pixels, size.width, size.height, 4)};
}

/** A mask in a colour, RGBA. @param {Tiles} tiles @param {string} colour @param {Size} size */
function tint(tiles, colour, size) {
  const rgb = Number.parseInt(colour.slice(1), 16);
  const alpha = toPixels(tiles, size);
  const pixels = new Uint8Array(4 * alpha.length);
  for (let at = 0; at < alpha.length; at += 1) if (alpha[at]) pixels.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, alpha[at]], 4 * at);
  return pixels;
}

/** @param {Size} size */
function whiteOf({width, height}) {
  return new Uint8Array(4 * width * height).fill(255);
}

/** All layers, one over the other. @param {Uint8Array} ground @param {State} state */
function merge(ground, state) {
  const made = ground.slice();
  for (const {id, colour} of state.palette.brushes) {
    const rgb = Number.parseInt(colour.slice(1), 16);
    const own = [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
    const alpha = toPixels(state.masks.get(id)?.tiles ?? new Map(), state.palette.size);
    for (let at = 0; at < alpha.length; at += 1) {
      if (alpha[at]) for (let band = 0; band < 3; band += 1) made[4 * at + band] += ((own[band] - made[4 * at + band]) * alpha[at]) / 255;
    }
  }
  return made;
}

/** @param {Uint8Array} pixels @param {Size} size */
function writeThumbnail(pixels, size) {
  const scale = Math.max(1, Math.max(size.width, size.height) / THUMBNAIL);
  const [width, height] = [Math.max(1, Math.floor(size.width / scale)), Math.max(1, Math.floor(size.height / scale))];
  const made = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = 4 * (Math.floor((y + 0.5) * scale) * size.width + Math.floor((x + 0.5) * scale));
      made.set(pixels.subarray(from, from + 4), 4 * (y * width + x));
    }
  }
  return encodePng(made, width, height, 4);
}

/** @param {Size} size @param {string[]} names from the lowest up */
function writeStack({width, height}, names) {
  const layers = names.map((name, index) => `    <layer name="${escape(name)}" src="data/layer${index}.png" x="0" y="0" opacity="1.0" visibility="visible" composite-op="svg:src-over"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<image version="0.0.3" w="${width}" h="${height}" xres="72" yres="72">\n  <stack>\n${layers.reverse().join('\n')}\n  </stack>\n</image>\n`;
}

/**
 * The document of an OpenRaster file. Throws an Error that says what was expected of the file.
 * @param {Uint8Array} bytes @returns {Promise<State>}
 */
export async function readOpenRaster(bytes) {
  const files = unpack(bytes, 'an OpenRaster file (.ora)', (name) => name === 'stack.xml' || /\.png$/i.test(name));
  const stack = decode(files['stack.xml']);
  const image = attributesOf(/<image\b([^>]*)>/.exec(stack)?.[1] ?? '');
  const size = expectSize({width: Number(image.w), height: Number(image.h)}, 'stack.xml');
  const layers = listLayers(stack).filter(({name, visible}) => visible || name.includes(MARK)).reverse();
  const whole = layers.find(({name}) => 'background' in settingsOf(name));
  const {background = {}, ...rest} = whole ? settingsOf(whole.name) : {};
  /** @type {State} */
  const state = {palette: {version: 1, ...rest, size, background: {prompt: '', negative: '', ...background}, brushes: []}, masks: new Map(), colour: {tiles: new Map()}};
  for (const layer of layers) {
    if (layer === whole) continue;
    const data = files[layer.src];
    if (!data) throw new Error(`expected the layer ${layer.src} in the file, got none`);
    if (isNamed(layer, PICTURE)) state.palette.background.image = toDataUrl(await readPicture(data, layer, size));
    else if (isNamed(layer, COLOURS)) state.colour = {tiles: cutColours(await readPixels(data, layer, size), size)};
    else addLayer(state, layer, toTiles(await readAlpha(data, layer, size), size));
  }
  return state;
}

/** Programs add numbers and words to names that are taken. @param {Layer} layer @param {string} name */
function isNamed(layer, name) {
  return layer.name.includes(name.slice(name.indexOf(MARK)));
}

/** The picture under the brushes, as it is where nobody moved it. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readPicture(data, layer, size) {
  return layer.x || layer.y ? encodePng(await readPixels(data, layer, size), size.width, size.height, 4) : data;
}

/** A layer's RGBA on the canvas. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readPixels(data, {src, x, y}, size) {
  const picture = await decodePng(data);
  if (!picture || picture.channels < 3) throw new Error(`expected ${src} to be a PNG of 8 bits with colours, got another kind`);
  const made = new Uint8Array(4 * size.width * size.height);
  for (let row = Math.max(0, -y); row < Math.min(picture.height, size.height - y); row += 1) {
    for (let column = Math.max(0, -x); column < Math.min(picture.width, size.width - x); column += 1) {
      const from = picture.channels * (row * picture.width + column);
      const to = 4 * ((row + y) * size.width + column + x);
      made.set(picture.data.subarray(from, from + picture.channels), to);
      if (picture.channels === 3) made[to + 3] = 255;
    }
  }
  return made;
}

/** @param {State} state @param {Layer} layer @param {Tiles} tiles */
function addLayer(state, layer, tiles) {
  const {mask, ...settings} = settingsOf(layer.name);
  const {brushes, size} = state.palette;
  const taken = new Set(brushes.map(({id}) => id));
  let id = typeof settings.id === 'string' && settings.id ? settings.id : `b${brushes.length + 1}`;
  for (let number = 2; taken.has(id); number += 1) id = `${settings.id ?? 'b'}-${number}`;
  const shown = layer.name.split(MARK)[0].trim();
  const own = layer.name.includes(MARK);
  const before = settings.name || settings.prompt || 'brush';
  const name = own ? (shown === before ? (settings.name ?? '') : shown) : '';
  brushes.push({prompt: own ? '' : shown, colour: pickColour(brushes.map(({colour}) => colour)), ...settings, id, name});
  const shape = /** @type {Shape | undefined} */ (mask);
  const drawn = shape ? drawShape(shape, size) : null;
  state.masks.set(id, drawn && alike(drawn.tiles, tiles) ? drawn : {shape: null, tiles});
}

/** @param {Tiles} a @param {Tiles} b */
function alike(a, b) {
  const same = (/** @type {Uint8Array} */ one, /** @type {Uint8Array} */ other) => one.every((value, at) => value === other[at]);
  return a.size === b.size && [...a].every(([number, tile]) => b.has(number) && same(openTile(tile), openTile(/** @type {Kept} */ (b.get(number)))));
}

/** A layer's coverage [height * width] on the canvas. @param {Uint8Array} data @param {Layer} layer @param {Size} size */
async function readAlpha(data, {src, x, y}, {width, height}) {
  const picture = await decodePng(data);
  if (!picture || picture.channels % 2) throw new Error(`expected ${src} to be a PNG of 8 bits with alpha, got another kind`);
  const made = new Uint8Array(width * height);
  for (let row = Math.max(0, -y); row < Math.min(picture.height, height - y); row += 1) {
    for (let column = Math.max(0, -x); column < Math.min(picture.width, width - x); column += 1) {
      made[(row + y) * width + column + x] = picture.data[picture.channels * (row * picture.width + column + 1) - 1];
    }
  }
  return made;
}

/** The layers of a stack, the uppermost first, those of groups at their places. @param {string} stack @returns {Layer[]} */
function listLayers(stack) {
  const layers = [];
  /** @type {{x: number, y: number, visible: boolean}[]} */
  const groups = [];
  for (const [tag, close, kind, given] of stack.matchAll(/<(\/?)(stack|layer)\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/g)) {
    const {name = '', src = '', x = '0', y = '0', visibility = 'visible'} = attributesOf(given);
    const above = groups.at(-1) ?? {x: 0, y: 0, visible: true};
    const own = {x: above.x + Number(x), y: above.y + Number(y), visible: above.visible && visibility === 'visible'};
    if (kind === 'layer' && !close) layers.push({name, src, ...own});
    else if (close) groups.pop();
    else if (!tag.endsWith('/>')) groups.push(own);
  }
  return layers;
}

/** @param {string} given @returns {Record<string, string>} */
function attributesOf(given) {
  return Object.fromEntries([...given.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, one, other]) => [name, unescape(one ?? other)]));
}

/** @param {string} name @returns {Record<string, any>} */
function settingsOf(name) {
  const at = name.indexOf(MARK);
  if (at < 0) return {};
  try {
    const found = JSON.parse(name.slice(at + MARK.length).replace(/( copy| #\d+)+$/, ''));
    return found !== null && typeof found === 'object' && !Array.isArray(found) ? found : {};
  } catch {
    return {};
  }
}

/** @param {string} value */
function escape(value) {
  return value.replace(/[&<>"'\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** @param {string} value */
function unescape(value) {
  const names = /** @type {Record<string, string>} */ ({amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"});
  return value.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (whole, decimal, hex, name) => (name ? (names[name] ?? whole) : String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal ? 10 : 16))));
}
