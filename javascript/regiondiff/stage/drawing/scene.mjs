// The scene: paper, picture and the brushes' fills in each pane of the surface; draws only where something changed.

import {boxToPane} from '../viewport.mjs';
import {drawInside} from './clip.mjs';

/** @import {Box, Pane, Sources, View} from '../types.d.ts' */

const PAPER = '#dfe5ee'; // where nothing is yet
const SHARP = 3; // device pixels per canvas pixel from which pixels are seen as squares

/**
 * @param {CanvasRenderingContext2D} context of the surface @param {Pane} pane @param {View} view @param {number} ratio device pixels per CSS pixel
 * @param {Sources} sources @param {Box | null} box part of the canvas, or null for the whole pane
 */
export function drawScene(context, pane, view, ratio, sources, box) {
  const moved = {zoom: view.zoom, x: view.x + pane.box.left, y: view.y + pane.box.top};
  const area = deviceBox(box ? meet(boxToPane(moved, box), pane.box) : pane.box, ratio, box ? 1 : 0);
  drawInside(context, area, () => {
    if (!box) context.clearRect(area.left, area.top, area.right - area.left, area.bottom - area.top);
    context.setTransform(moved.zoom * ratio, 0, 0, moved.zoom * ratio, moved.x * ratio, moved.y * ratio);
    context.imageSmoothingEnabled = moved.zoom * ratio < SHARP;
    context.imageSmoothingQuality = 'medium';
    drawLayers(context, pane, sources);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Pane} pane @param {Sources} sources */
function drawLayers(context, pane, {size, fills, colour, under, picture}) {
  const shown = pane.picture && picture ? [picture] : under;
  context.fillStyle = colour ?? PAPER;
  context.fillRect(0, 0, size.width, size.height);
  for (const image of shown) context.drawImage(image, 0, 0, size.width, size.height);
  if (pane.fills === 0) return;
  context.globalAlpha = pane.fills;
  context.drawImage(fills, 0, 0, size.width, size.height);
}

/** @param {Box} a @param {Box} b @returns {Box} */
function meet(a, b) {
  return {left: Math.max(a.left, b.left), top: Math.max(a.top, b.top), right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom)};
}

/** Whole device pixels, so that neighbouring parts have no seam. @param {Box} box @param {number} ratio @param {number} more @returns {Box} */
function deviceBox(box, ratio, more) {
  return {
    left: Math.floor(box.left * ratio) - more,
    top: Math.floor(box.top * ratio) - more,
    right: Math.ceil(box.right * ratio) + more,
    bottom: Math.ceil(box.bottom * ratio) + more,
  };
}
