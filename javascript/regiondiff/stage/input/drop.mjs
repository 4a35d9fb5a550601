// Pictures and files that are dropped on the surface or pasted: zones that say what they do.

import {make} from '../bars/dom.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {Zone} from '../types.d.ts' */

/**
 * Show zones while files are dragged over the surface; what is dropped or pasted goes to `services.takeFiles`.
 * @param {Stage} stage @returns {HTMLElement} the zones
 */
export function makeDropZones(stage) {
  const {page, say, signal} = stage;
  const zones = /** @type {Zone[]} */ (['background', 'open']).map((zone) => makeZone(stage, zone));
  const all = make(page, 'div', {class: 'rd-drops', 'aria-label': say('drop.zones')}, ...zones);
  const {surface} = stage.parts;
  surface.addEventListener('dragenter', (event) => show(all, event), {signal});
  surface.addEventListener('dragover', (event) => show(all, event), {signal});
  all.addEventListener('dragleave', (event) => {
    if (!all.contains(/** @type {Node | null} */ (event.relatedTarget))) all.hidden = true;
  });
  all.addEventListener('drop', () => (all.hidden = true));
  page.addEventListener('dragend', () => (all.hidden = true), {signal});
  return all;
}

/** @param {HTMLElement} all @param {DragEvent} event */
function show(all, event) {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  all.hidden = false;
}

/** @param {Stage} stage @param {Zone} zone */
function makeZone(stage, zone) {
  const {page, say} = stage;
  const element = make(page, 'div', {class: 'rd-drop'}, say(`drop.${zone}`));
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    element.classList.add('rd-over');
  };
  element.addEventListener('dragenter', over);
  element.addEventListener('dragover', over);
  element.addEventListener('dragleave', () => element.classList.remove('rd-over'));
  element.addEventListener('drop', (event) => {
    event.preventDefault();
    element.classList.remove('rd-over');
    stage.takeFiles([...(event.dataTransfer?.files ?? [])], zone);
  });
  return element;
}
