// Key presses on the surface and its bars: the caret's, then commands'; what neither takes goes on to the page.

import {findCommand} from './keys.mjs';

/** @typedef {import('../stage.mjs').Stage} Stage */

/** @param {Stage} stage */
export function listenKeys(stage) {
  stage.root.addEventListener('keydown', (event) => take(stage, event), {signal: stage.signal});
}

/** @param {Stage} stage @param {KeyboardEvent} event */
function take(stage, event) {
  if (event.defaultPrevented) return;
  const byCaret = event.target === stage.parts.surface && stage.caret.key(event);
  if (!byCaret && (isTyped(event) || !runCommand(stage, event))) return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {Stage} stage @param {KeyboardEvent} event */
function runCommand(stage, event) {
  const {services} = stage;
  const command = services.findCommand ? services.findCommand(event) : findCommand(event)?.id;
  return command ? stage.run(command) : false;
}

/** Whether a control takes the key: a list and a text take letters. @param {KeyboardEvent} event */
function isTyped({target}) {
  return target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type === 'text') || target instanceof HTMLTextAreaElement;
}
