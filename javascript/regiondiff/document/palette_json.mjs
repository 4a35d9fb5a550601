// The document as a palette, as every other part of Region Diffusion reads it: masks are shapes or grey pictures, the colour layer is
// the picture under the brushes. Pure.

import {encodePng, toDataUrl} from './png.mjs';
import {toPixels} from './rasters.mjs';
import {clone} from './state.mjs';
import {countColumns, SIDE} from './tiles.mjs';

/** @import {ColourTiles, Decode, Mask, Palette, Pixels, Size, State} from './types.d.ts' */

/** What masks were written as: they never change, so they are encoded once. @type {WeakMap<Mask, Promise<string>>} */
const WRITTEN = new WeakMap();

/**
 * The document's palette with its masks, as every other part of Region Diffusion reads it.
 * @param {State} state @param {Decode} [decode] reads the picture under a colour layer @returns {Promise<Record<string, unknown>>}
 */
export async function toPalette(state, decode) {
  const {size} = state.palette;
  const palette = clone(state.palette);
  const brushes = await Promise.all(palette.brushes.map(async (brush) => ({...brush, mask: await writeMask(state.masks.get(brush.id), size)})));
  const background = {...palette.background};
  if (state.colour.tiles.size) background.image = await writeColours(state.colour.tiles, size, background.image ?? null, decode);
  return placePicture({...palette, background, brushes});
}

/** The picture below is what the drawing starts from where the palette says so. @param {Palette} palette @returns {Record<string, unknown>} */
function placePicture(palette) {
  const init = /** @type {Record<string, unknown> | null | undefined} */ (palette.init);
  if (!init || init.image) return palette;
  const {image, ...background} = palette.background;
  const {init: _, ...rest} = palette;
  return image ? {...palette, background, init: {...init, image}} : rest;
}

/** @param {Mask | undefined} mask @param {Size} size @returns {unknown} */
function writeMask(mask, size) {
  if (mask?.shape) return clone(mask.shape);
  const kept = mask && WRITTEN.get(mask);
  if (kept) return kept;
  const made = mask?.tiles.size ? encodePng(toPixels(mask.tiles, size), size.width, size.height, 1).then(toDataUrl) : encodePng(new Uint8Array(1), 1, 1, 1).then(toDataUrl);
  if (mask) WRITTEN.set(mask, made);
  return made;
}

/** The colour layer, over what is under it. @param {ColourTiles} tiles @param {Size} size @param {string | null} under @param {Decode | undefined} decode */
async function writeColours(tiles, size, under, decode) {
  const pixels = layColours(tiles, size);
  if (typeof under === 'string' && decode) layOver(pixels, await decode(under), size);
  return toDataUrl(await encodePng(pixels, size.width, size.height, 4));
}

/** Put a picture under pixels. @param {Uint8Array} pixels RGBA, changed @param {Pixels} under @param {Size} size */
function layOver(pixels, under, size) {
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      const at = 4 * (y * size.width + x);
      const from = 4 * (Math.floor(((y + 0.5) * under.height) / size.height) * under.width + Math.floor(((x + 0.5) * under.width) / size.width));
      const [over, below] = [pixels[at + 3] / 255, (1 - pixels[at + 3] / 255) * (under.data[from + 3] / 255)];
      const alpha = over + below;
      for (let band = 0; band < 3 && alpha; band += 1) pixels[at + band] = Math.round((pixels[at + band] * over + under.data[from + band] * below) / alpha);
      pixels[at + 3] = Math.round(255 * alpha);
    }
  }
}

/** The colour layer as RGBA. @param {ColourTiles} tiles @param {Size} size */
export function layColours(tiles, size) {
  const pixels = new Uint8Array(4 * size.width * size.height);
  const columns = countColumns(size);
  for (const [number, tile] of tiles) {
    const [left, top] = [(number % columns) * SIDE, Math.floor(number / columns) * SIDE];
    const wide = Math.min(SIDE, size.width - left);
    for (let y = 0; y < Math.min(SIDE, size.height - top); y += 1) pixels.set(tile.subarray(4 * y * SIDE, 4 * (y * SIDE + wide)), 4 * ((top + y) * size.width + left));
  }
  return pixels;
}
