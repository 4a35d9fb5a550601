// A mask as a small picture in the brush's colour.

import {openTile} from '../document/packing.mjs';

/** @import {State} from '../document/types.d.ts' */

/** @param {HTMLCanvasElement} canvas @param {State} state @param {string} id @param {string} colour */
export function drawThumbnail(canvas, state, id, colour) {
  const context = canvas.getContext('2d');
  if (!context) return;
  const {width, height} = state.palette.size;
  const tiles = state.masks.get(id)?.tiles;
  const side = canvas.width;
  context.clearRect(0, 0, side, side);
  if (!tiles?.size) return;
  const scale = Math.max(width, height) / side;
  const [left, top] = [(side - width / scale) / 2, (side - height / scale) / 2];
  const columns = Math.ceil(width / 64);
  const image = context.createImageData(side, side);
  const rgb = Number.parseInt(colour.slice(1), 16);
  let [last, tile] = [/** @type {unknown} */ (null), /** @type {ArrayLike<number>} */ ([])];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const [u, v] = [Math.floor((x + 0.5 - left) * scale), Math.floor((y + 0.5 - top) * scale)];
      if (u < 0 || v < 0 || u >= width || v >= height) continue;
      const kept = tiles.get((v >> 6) * columns + (u >> 6));
      if (kept && kept !== last) [last, tile] = [kept, openTile(kept)];
      const cover = kept ? tile[(v & 63) * 64 + (u & 63)] : 0;
      image.data.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255, cover], 4 * (y * side + x));
    }
  }
  context.putImageData(image, 0, 0);
}
