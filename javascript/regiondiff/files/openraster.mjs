// OpenRaster, written: one layer a brush, so that Krita or GIMP can paint the masks.

import {layColours} from '../document/palette_json.mjs';
import {decodePng, encodePng, fromDataUrl} from '../document/png.mjs';
import {toPixels} from '../document/rasters.mjs';
import {encode, pack} from './archive.mjs';
import {COLOURS, MARK, nameFile, PICTURE, showName, writeStack} from './openraster_stack.mjs';

/** @import {Brush, Decode, Mask, Size, State, Tiles} from '../document/types.d.ts' */

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
  layers.forEach(({png}, index) => (files[nameFile(index)] = png));
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
  return {name: `${showName(brush)}${MARK}${JSON.stringify({...kept, name})}`, png: await encodePng(pixels, size.width, size.height, 4)};
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
