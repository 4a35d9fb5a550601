// Viewport: where the canvas lies in its pane. Pure; positions are CSS pixels, the zoom is CSS pixels per canvas pixel.

/** @import {Box, Point, Size, View} from './types.d.ts' */

export const LEAST_ZOOM = 1 / 64;
export const MOST_ZOOM = 64;
const KEPT = 48; // CSS pixels of the canvas that stay in the pane however far it is pushed
const STOPS = [0.05, 0.1, 0.15, 0.25, 0.33, 0.5, 0.67, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/** @param {View} view @param {Point} point in the pane @returns {Point} on the canvas */
export function toCanvas(view, point) {
  return {x: (point.x - view.x) / view.zoom, y: (point.y - view.y) / view.zoom};
}

/** @param {View} view @param {Point} point on the canvas @returns {Point} in the pane */
export function toPane(view, point) {
  return {x: view.x + point.x * view.zoom, y: view.y + point.y * view.zoom};
}

/** @param {View} view @param {Box} box on the canvas @returns {Box} in the pane */
export function boxToPane(view, box) {
  const {zoom, x, y} = view;
  return {left: x + box.left * zoom, top: y + box.top * zoom, right: x + box.right * zoom, bottom: y + box.bottom * zoom};
}

/** The view with another zoom that keeps what is under a point there. @param {View} view @param {number} zoom @param {Point} at @returns {View} */
export function zoomTo(view, zoom, at) {
  const next = clamp(zoom, LEAST_ZOOM, MOST_ZOOM);
  const under = toCanvas(view, at);
  return {zoom: next, x: at.x - under.x * next, y: at.y - under.y * next};
}

/** @param {View} view @param {number} dx @param {number} dy @returns {View} */
export function pan(view, dx, dy) {
  return {zoom: view.zoom, x: view.x + dx, y: view.y + dy};
}

/**
 * The view in which two fingers still hold the two places of the canvas that they held before.
 * @param {View} view @param {[Point, Point]} before @param {[Point, Point]} after @returns {View}
 */
export function pinch(view, before, after) {
  const apart = Math.max(1, distance(before[0], before[1]));
  const from = middle(before[0], before[1]);
  const to = middle(after[0], after[1]);
  const moved = pan(view, to.x - from.x, to.y - from.y);
  return zoomTo(moved, (view.zoom * Math.max(1, distance(after[0], after[1]))) / apart, to);
}

/** The whole canvas in the middle of the free part of a pane. @param {Size} size @param {Size} pane @param {Box} margin free space at each side @returns {View} */
export function fit(size, pane, margin) {
  const width = Math.max(1, pane.width - margin.left - margin.right);
  const height = Math.max(1, pane.height - margin.top - margin.bottom);
  const zoom = clamp(Math.min(width / size.width, height / size.height), LEAST_ZOOM, MOST_ZOOM);
  return {
    zoom,
    x: margin.left + (width - size.width * zoom) / 2,
    y: margin.top + (height - size.height * zoom) / 2,
  };
}

/** The view with some of the canvas in the pane. @param {View} view @param {Size} pane @param {Size} size @returns {View} */
export function keepVisible(view, pane, size) {
  const width = size.width * view.zoom;
  const height = size.height * view.zoom;
  const kept = {x: Math.min(KEPT, width), y: Math.min(KEPT, height)};
  return {
    zoom: view.zoom,
    x: clamp(view.x, kept.x - width, Math.max(kept.x - width, pane.width - kept.x)),
    y: clamp(view.y, kept.y - height, Math.max(kept.y - height, pane.height - kept.y)),
  };
}

/** The view moved by less than a device pixel, so that canvas pixels lie on device pixels. @param {View} view @param {number} ratio @returns {View} */
export function snap(view, ratio) {
  return {zoom: view.zoom, x: Math.round(view.x * ratio) / ratio, y: Math.round(view.y * ratio) / ratio};
}

/** The next stop above (1) or below (-1) a share, 1 being 100 %. @param {number} share @param {1 | -1} way @returns {number} */
export function nextStop(share, way) {
  const found = way > 0 ? STOPS.find((stop) => stop > share * 1.01) : STOPS.findLast((stop) => stop < share / 1.01);
  return found ?? (way > 0 ? STOPS[STOPS.length - 1] : STOPS[0]);
}

/** The point on the nearest of eight directions from the first. @param {Point} first @param {Point} last @returns {Point} */
export function straighten(first, last) {
  const turn = Math.PI / 4;
  const angle = Math.round(Math.atan2(last.y - first.y, last.x - first.x) / turn) * turn;
  const along = (last.x - first.x) * Math.cos(angle) + (last.y - first.y) * Math.sin(angle);
  return {x: first.x + along * Math.cos(angle), y: first.y + along * Math.sin(angle)};
}

/** @param {Box | null} a @param {Box | null} b @returns {Box | null} the smallest box with both */
export function joinBoxes(a, b) {
  if (!a || !b) return a ?? b;
  return {left: Math.min(a.left, b.left), top: Math.min(a.top, b.top), right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom)};
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** @param {Point} a @param {Point} b */
export function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** @param {Point} a @param {Point} b @returns {Point} */
export function middle(a, b) {
  return {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2};
}
