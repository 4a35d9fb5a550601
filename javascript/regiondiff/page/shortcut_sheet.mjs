// The sheet of all shortcuts: it finds them, and changes their keys.

import {make} from '../stage/bars/dom.mjs';
import {COMMANDS, keyNames} from '../stage/input/keys.mjs';
import {PAGE_COMMANDS} from './shortcuts.mjs';

/** @import {Shortcuts} from './shortcuts.mjs' */

/** @param {Shortcuts} shortcuts */
export function openSheet(shortcuts) {
  const {app} = shortcuts;
  const {page, say} = app;
  const rows = [...PAGE_COMMANDS, ...COMMANDS].map(({id, label}) => {
    const number = /^select\.(\d)$/.exec(id)?.[1] ?? '';
    const key = make(page, 'button', {type: 'button', class: 'rd-key', title: say('keys.change'), click: () => listen(shortcuts, id, key)}, shortcuts.keyOf(id));
    return make(page, 'div', {class: 'rd-shortcut'}, make(page, 'span', {}, `${say(label)}${number && ` ${number}`}`), key);
  });
  const search = make(page, 'input', {type: 'search', placeholder: say('keys.search'), 'aria-label': say('keys.search'), input: () => rows.forEach((row) => (row.hidden = !(row.textContent ?? '').toLowerCase().includes(search.value.toLowerCase())))});
  const reset = make(page, 'button', {type: 'button', class: 'rd-button', click: () => (shortcuts.set({}), dialog.close())}, say('keys.reset'));
  const dialog = make(page, 'dialog', {class: 'rd-dialog rd-keys', 'aria-label': say('help.keys'), close: () => dialog.remove()}, make(page, 'form', {method: 'dialog', class: 'rd-head'}, make(page, 'h2', {}, say('help.keys')), reset, make(page, 'button', {class: 'rd-button'}, say('close'))), search, make(page, 'div', {class: 'rd-shortcuts'}, ...rows));
  app.root.append(dialog);
  dialog.showModal();
}

/** Take the next press as the key of a command. @param {Shortcuts} shortcuts @param {string} id @param {HTMLElement} key */
function listen(shortcuts, id, key) {
  key.textContent = '…';
  key.addEventListener('keydown', (event) => {
    if (['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return key.addEventListener('keydown', () => {}, {once: true});
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== 'Escape') shortcuts.set({...shortcuts.own, [id]: keyNames(event)[0]});
    key.textContent = shortcuts.keyOf(id);
  }, {once: true});
}
