// Shortcuts: which command a press of keys calls, on the page and on the surface; a person's own keys come first.

import {COMMANDS, keyNames} from '../stage/input/keys.mjs';

/** @import {App} from './app.mjs' */

/** What the page itself does, beside the surface's COMMANDS; `typing`: also while a text is typed, by keys with Ctrl or Alt. */
export const PAGE_COMMANDS = [
  {id: 'run.generate', keys: ['Ctrl+Enter'], group: 'run', label: 'run.generate', typing: true},
  {id: 'edit.undo', keys: ['Ctrl+Z'], group: 'edit', label: 'edit.undo', typing: true},
  {id: 'edit.redo', keys: ['Ctrl+Shift+Z', 'Ctrl+Y'], group: 'edit', label: 'edit.redo', typing: true},
  {id: 'brush.new', keys: ['N', 'Alt+N'], group: 'brush', label: 'command.new', typing: true},
  {id: 'brush.duplicate', keys: ['Ctrl+D'], group: 'brush', label: 'menu.duplicate'},
  {id: 'brush.up', keys: ['Alt+ArrowUp'], group: 'brush', label: 'command.up'},
  {id: 'brush.down', keys: ['Alt+ArrowDown'], group: 'brush', label: 'command.down'},
  {id: 'file.open', keys: ['Ctrl+O'], group: 'file', label: 'file.open', typing: true},
  {id: 'file.save', keys: ['Ctrl+S'], group: 'file', label: 'file.saveJson', typing: true},
  {id: 'view.window', keys: ['F'], group: 'view', label: 'command.window'},
  {id: 'help.keys', keys: ['?'], group: 'view', label: 'help.keys'},
];
/** What a key that is held down does only once. */
const ONCE = /^(run|file|help|view\.window|brush\.(new|duplicate))/;
export const ALL_COMMANDS = [...PAGE_COMMANDS, ...COMMANDS];

export class Shortcuts {
  /** @param {App} app @param {Record<string, string>} own keys that the person has chosen */
  constructor(app, own) {
    this.app = app;
    this.own = own;
  }

  /** @param {string} id @returns {readonly string[]} */
  keysOf(id) {
    return this.own[id] !== undefined ? [this.own[id]].filter(Boolean) : (ALL_COMMANDS.find((each) => each.id === id)?.keys ?? []);
  }

  /** @param {string} id */
  keyOf(id) {
    return this.keysOf(id)[0] ?? '';
  }

  /** The command that a press calls. @param {KeyboardEvent} press @param {readonly {id: string}[]} commands @param {RegExp} [only] names that count @returns {string | null} */
  find(press, commands, only = /./) {
    const names = keyNames(press).filter((name) => only.test(name));
    return commands.find(({id}) => this.keysOf(id).some((key) => names.includes(key)))?.id ?? null;
  }

  /** @param {KeyboardEvent} press */
  findOnStage(press) {
    return this.find(press, COMMANDS);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const nowhere = target === this.app.page.body;
    if (event.defaultPrevented || !(nowhere || this.app.root.contains(target)) || target.closest('dialog, .rd-menu')) return;
    const found = this.choose(event, target, nowhere);
    if (!found) return;
    event.preventDefault();
    if (!event.repeat || !ONCE.test(found)) this.app.run(found);
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} target @param {boolean} nowhere nothing has the focus, so that the surface counts */
  choose(event, target, nowhere) {
    if (target.closest('textarea, input:not([type="range"], [type="checkbox"], [type="color"]), select, [contenteditable]')) return this.find(event, PAGE_COMMANDS.filter(({typing}) => typing), /Ctrl\+|Alt\+/);
    return this.find(event, PAGE_COMMANDS) ?? (nowhere ? this.findOnStage(event) : null);
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
