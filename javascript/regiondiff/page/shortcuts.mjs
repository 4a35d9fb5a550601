// Shortcuts of the page, and the sheet that shows all of them, finds and changes them.

import {make} from '../stage/bars/dom.mjs';
import {COMMANDS, keyNames} from '../stage/input/keys.mjs';

/** @import {App} from './app.mjs' */

/** What the page itself does, beside the surface's COMMANDS. */
export const PAGE_COMMANDS = [
  {id: 'run.generate', keys: ['Ctrl+Enter'], group: 'run', label: 'run.generate', anywhere: true},
  {id: 'edit.undo', keys: ['Ctrl+Z'], group: 'edit', label: 'edit.undo'},
  {id: 'edit.redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], group: 'edit', label: 'edit.redo'},
  {id: 'brush.new', keys: ['N'], group: 'brush', label: 'brushes.add'},
  {id: 'brush.duplicate', keys: ['Ctrl+D'], group: 'brush', label: 'menu.duplicate'},
  {id: 'brush.up', keys: ['Alt+ArrowUp'], group: 'brush', label: 'command.up'},
  {id: 'brush.down', keys: ['Alt+ArrowDown'], group: 'brush', label: 'command.down'},
  {id: 'file.open', keys: ['Ctrl+O'], group: 'file', label: 'file.open'},
  {id: 'file.save', keys: ['Ctrl+S'], group: 'file', label: 'file.saveJson'},
  {id: 'view.window', keys: ['F'], group: 'view', label: 'command.window'},
  {id: 'help.keys', keys: ['?'], group: 'view', label: 'help.keys'},
];

export class Shortcuts {
  /** @param {App} app @param {Record<string, string>} own keys that the person has chosen */
  constructor(app, own) {
    this.app = app;
    this.own = own;
  }

  /** @param {string} id */
  keyOf(id) {
    return this.own[id] ?? [...PAGE_COMMANDS, ...COMMANDS].find((each) => each.id === id)?.keys[0] ?? '';
  }

  /** The command that a press calls. @param {KeyboardEvent} press @param {readonly {id: string, keys: readonly string[]}[]} commands @returns {string | null} */
  find(press, commands) {
    const names = keyNames(press);
    return commands.find(({id, keys}) => (this.own[id] ? names.includes(this.own[id]) : keys.some((key) => names.includes(key))))?.id ?? null;
  }

  /** @param {KeyboardEvent} press */
  findOnStage(press) {
    return this.find(press, COMMANDS);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const typing = /** @type {HTMLElement | null} */ (event.target)?.closest('input, textarea, select, [contenteditable]');
    const found = this.find(event, typing ? PAGE_COMMANDS.filter(({anywhere}) => anywhere) : PAGE_COMMANDS);
    if (!found || event.defaultPrevented) return;
    event.preventDefault();
    this.app.run(found);
  }

  openSheet() {
    const {app} = this;
    const {page, say} = app;
    const rows = [...PAGE_COMMANDS, ...COMMANDS].map(({id, label}) => {
      const number = /^select\.(\d)$/.exec(id)?.[1] ?? '';
      const key = make(page, 'button', {type: 'button', class: 'rd-key', title: say('keys.change'), click: () => this.listen(id, key)}, this.keyOf(id));
      return make(page, 'div', {class: 'rd-shortcut'}, make(page, 'span', {}, `${say(label)}${number && ` ${number}`}`), key);
    });
    const search = make(page, 'input', {type: 'search', placeholder: say('keys.search'), 'aria-label': say('keys.search'), input: () => rows.forEach((row) => (row.hidden = !(row.textContent ?? '').toLowerCase().includes(search.value.toLowerCase())))});
    const reset = make(page, 'button', {type: 'button', class: 'rd-button', click: () => (this.set({}), dialog.close())}, say('keys.reset'));
    const dialog = make(page, 'dialog', {class: 'rd-dialog rd-keys', 'aria-label': say('help.keys'), close: () => dialog.remove()}, make(page, 'form', {method: 'dialog', class: 'rd-head'}, make(page, 'h2', {}, say('help.keys')), reset, make(page, 'button', {class: 'rd-button'}, say('close'))), search, make(page, 'div', {class: 'rd-shortcuts'}, ...rows));
    app.root.append(dialog);
    dialog.showModal();
  }

  /** Take the next press as the key of a command. @param {string} id @param {HTMLElement} key */
  listen(id, key) {
    key.textContent = '…';
    key.addEventListener('keydown', (event) => {
      if (['Control', 'Shift', 'Alt', 'Meta'].includes(event.key)) return key.addEventListener('keydown', () => {}, {once: true});
      event.preventDefault();
      event.stopPropagation();
      if (event.key !== 'Escape') this.set({...this.own, [id]: keyNames(event)[0]});
      key.textContent = this.keyOf(id);
    }, {once: true});
  }

  /** @param {Record<string, string>} own */
  set(own) {
    this.own = own;
    this.app.keepPreferences();
  }
}
