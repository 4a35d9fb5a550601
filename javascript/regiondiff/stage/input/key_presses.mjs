// Key presses on the surface and its bars: the caret's, then commands'; what neither takes goes on to the page.

import {findCommand} from './keys.mjs';

/** @import {Stage} from '../stage.mjs' */

const BEGINS = /^Arrow|^Enter$/;

/** @param {Stage} stage */
export function listenKeys(stage) {
  /** @type {Promise<unknown> | null} the caret is loaded with the first arrow, or Enter where it finishes nothing; keys wait for it in their order */
  let caret = null;
  const byCaret = (/** @type {KeyboardEvent} */ event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.target !== stage.parts.surface || !plain) return false;
    if (stage.caret) return stage.caret.key(event);
    if (!caret && event.key === 'Enter' && stage.gestures.finish()) return true;
    const begins = BEGINS.test(event.key);
    if (!caret && !begins) return withoutCaret(stage, event);
    if (!begins && event.key !== 'Escape') return false;
    caret ??= import('./caret.mjs').then(
      ({Caret}) => (stage.caret = new Caret(stage)),
      () => {
        caret = null;
        stage.bench.tell('tell.notLoaded');
      },
    );
    caret.then(() => stage.caret?.key(event));
    return true;
  };
  stage.root.addEventListener('keydown', (event) => take(stage, event, byCaret), {signal: stage.signal});
}

/** Escape and Backspace for what a pointer draws. @param {Stage} stage @param {KeyboardEvent} event @returns {boolean} */
function withoutCaret(stage, event) {
  const {gestures, surface} = stage;
  if (event.key === 'Escape') return stage.cancel();
  if (event.key !== 'Backspace' || !gestures.gesture?.back) return false;
  gestures.gesture.back();
  surface.want('tool');
  return true;
}

/** @param {Stage} stage @param {KeyboardEvent} event @param {(event: KeyboardEvent) => boolean} byCaret */
function take(stage, event, byCaret) {
  if (event.defaultPrevented) return;
  if (!byCaret(event) && (isTyped(event) || !runCommand(stage, event))) return;
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
