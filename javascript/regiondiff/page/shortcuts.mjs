// Shortcuts of the page, and the sheet that shows all of them, finds and changes them.

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

  async openSheet() {
    (await import('./shortcut_sheet.mjs')).openSheet(this);
  }

  /** @param {Record<string, string>} own */
  set(own) {
    this.own = own;
    this.app.keepPreferences();
  }
}
