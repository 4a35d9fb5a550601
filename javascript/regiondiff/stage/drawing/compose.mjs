// Masks of a tile to what is seen of the brushes there: painter's order, owners opaque. Pure; RGBA as canvases store it.

import {SIDE} from '../../document/tiles.mjs';

/** @import {Box, Layer} from '../types.d.ts' */

/**
 * Write what layers, the lowest first, show in a part of a tile; where nothing covers it is transparent.
 * @param {Uint32Array} pixels of the tile, little endian RGBA @param {readonly Layer[]} layers @param {Box} box
 */
export function composeTile(pixels, layers, box) {
  const {left, top, right, bottom} = box;
  for (let y = top; y < bottom; y += 1) pixels.fill(0, y * SIDE + left, y * SIDE + right);
  for (const {coverage, colour} of layers.slice(findLowest(layers))) {
    const opaque = (0xff000000 | colour) >>> 0;
    for (let y = top; y < bottom; y += 1) {
      const end = y * SIDE + right;
      for (let index = y * SIDE + left; index < end; index += 1) {
        const cover = coverage[index];
        if (cover === 255) pixels[index] = opaque;
        else if (cover !== 0) pixels[index] = over(pixels[index], colour, cover);
      }
    }
  }
}

/** The uppermost layer that covers the whole tile, or the lowest layer. @param {readonly Layer[]} layers */
function findLowest(layers) {
  for (let index = layers.length - 1; index > 0; index -= 1) if (isFull(layers[index].coverage)) return index;
  return 0;
}

/** @param {Uint8Array} coverage */
function isFull(coverage) {
  if (coverage[0] !== 255 || coverage[coverage.length - 1] !== 255) return false;
  for (let index = 0; index < coverage.length; index += 1) if (coverage[index] !== 255) return false;
  return true;
}

/** A colour laid over a pixel. @param {number} under RGBA @param {number} colour 0xbbggrr @param {number} cover 0..255 */
function over(under, colour, cover) {
  const below = under >>> 24;
  const kept = Math.round((below * (255 - cover)) / 255);
  const alpha = cover + kept;
  const red = mix(under & 255, colour & 255, cover, kept, alpha);
  const green = mix((under >>> 8) & 255, (colour >>> 8) & 255, cover, kept, alpha);
  const blue = mix((under >>> 16) & 255, (colour >>> 16) & 255, cover, kept, alpha);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** @param {number} low @param {number} high @param {number} cover @param {number} kept @param {number} alpha */
function mix(low, high, cover, kept, alpha) {
  return ((high * cover + low * kept) / alpha + 0.5) | 0;
}

/** "#rrggbb" as the number that composeTile takes. @param {string} colour */
export function packColour(colour) {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >>> 16);
}
