// Wheel and trackpad: a wheel and a pinch zoom at the pointer; Shift and two fingers pan.

import {pan, zoomTo} from '../viewport.mjs';

/** @import {Surface} from '../surface.mjs' */

const SPEED = 0.0016; // of zooming by a wheel's CSS pixels, as an exponent
const PINCH_SPEED = 4 * SPEED;
const LINE = 16; // CSS pixels of a wheel that counts lines

/** @param {HTMLElement} element @param {() => Surface} surface @param {AbortSignal} signal */
export function listenWheel(element, surface, signal) {
  element.addEventListener('wheel', (event) => turn(element, surface(), event), {passive: false, signal});
}

/** @param {HTMLElement} element @param {Surface} surface @param {WheelEvent} event */
function turn(element, surface, event) {
  event.preventDefault();
  const unit = event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? surface.size.height : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  const place = element.getBoundingClientRect();
  const at = surface.toPane({x: event.clientX - place.left, y: event.clientY - place.top});
  if (event.shiftKey && !event.ctrlKey) surface.setView(pan(surface.view, -(dx || dy), 0));
  else if (dx !== 0 && !event.ctrlKey) surface.setView(pan(surface.view, -dx, -dy));
  else surface.setView(zoomTo(surface.view, surface.view.zoom * Math.exp(-dy * (event.ctrlKey ? PINCH_SPEED : SPEED)), at));
}
