// Drawing in a part of a canvas only.

/** @import {Box} from '../types.d.ts' */

/** Draw where a box of device pixels is; its transform is the canvas's own until `draw` sets another. @param {CanvasRenderingContext2D} context @param {Box} box @param {() => void} draw */
export function drawInside(context, {left, top, right, bottom}, draw) {
  if (right <= left || bottom <= top) return;
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  draw();
  context.restore();
}
