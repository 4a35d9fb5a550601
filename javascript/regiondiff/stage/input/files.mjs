// Files that are dragged over the surface or pasted; the zones are loaded when they are needed.

/** @import {Stage} from '../stage.mjs' */

/** @param {Stage} stage */
export function listenFiles(stage) {
  const {root, signal} = stage;
  /** @type {Promise<void> | null} */
  let zones = null;
  const over = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    zones ??= import('./drop.mjs').then(({makeDropZones}) => root.append(makeDropZones(stage)));
  };
  root.addEventListener('dragenter', over, {signal});
  root.addEventListener('dragover', over, {signal});
  root.addEventListener('paste', (event) => paste(stage, event), {signal});
}

/** A picture from the clipboard lies under the brushes; text goes where it is pasted. @param {Stage} stage @param {ClipboardEvent} event */
function paste(stage, event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length) return;
  event.preventDefault();
  stage.takeFiles(files, files[0].type.startsWith('image/') ? 'background' : 'open');
}
