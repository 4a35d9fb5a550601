// Dialogs: a title, what they hold, and a way out; Escape closes them, and the focus goes back.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {App} from './app.mjs' */
/** @import {Child} from '../stage/bars/dom.mjs' */

/** @param {App} app @param {{title: string, name?: string, buttons?: HTMLElement[]}} how @param {Child[]} content @returns {HTMLDialogElement} */
export function openDialog(app, {title, name = '', buttons = []}, ...content) {
  const {page, say} = app;
  const back = /** @type {HTMLElement | null} */ (page.activeElement);
  const dialog = make(page, 'dialog', {class: `rd-dialog ${name}`, 'aria-label': title});
  const close = make(page, 'button', {type: 'button', class: 'rd-button', click: () => dialog.close()}, say('close'));
  dialog.append(make(page, 'div', {class: 'rd-head'}, make(page, 'h2', {}, title), make(page, 'span', {class: 'rd-space'}), ...buttons, close), ...content.filter((each) => each instanceof Node));
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (back?.isConnected) back.focus();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  app.root.append(dialog);
  dialog.showModal();
  return dialog;
}
