// The sheet of all shortcuts: it finds them, and changes their keys; a key that another command had is taken from it.

import {make} from '../stage/bars/dom.mjs';
import {keyNames} from '../stage/input/keys.mjs';
import {openDialog} from './dialog.mjs';
import {ALL_COMMANDS} from './shortcuts.mjs';

/** @import {Shortcuts} from './shortcuts.mjs' */

const LISTENING = '…';
const MODIFIERS = ['Control', 'Shift', 'Alt', 'Meta', 'AltGraph'];
const GROUPS = ['run', 'edit', 'brush', 'tools', 'view', 'file'];

/** @param {Shortcuts} shortcuts */
export function openSheet(shortcuts) {
  const {app} = shortcuts;
  const {page, say} = app;
  const groups = GROUPS.map((group) => makeGroup(shortcuts, group));
  const find = () => {
    const words = search.value.toLowerCase();
    for (const {root, rows} of groups) {
      for (const row of rows) row.hidden = !(row.textContent ?? '').toLowerCase().includes(words);
      root.hidden = rows.every((row) => row.hidden);
    }
    none.hidden = groups.some(({root}) => !root.hidden);
  };
  const search = make(page, 'input', {type: 'search', placeholder: say('keys.search'), 'aria-label': say('keys.search'), input: find});
  const none = make(page, 'p', {class: 'rd-note', hidden: true}, say('keys.none'));
  const told = make(page, 'p', {class: 'rd-note rd-keys-told', role: 'status'}, say('keys.change'));
  const reset = make(page, 'button', {type: 'button', class: 'rd-button', click: () => {
    shortcuts.set({});
    for (const key of dialog.querySelectorAll('.rd-key')) showKey(shortcuts, /** @type {HTMLElement} */ (key));
  }}, say('keys.reset'));
  const dialog = openDialog(app, {title: say('help.keys'), name: 'rd-keys', buttons: [reset]}, search, told, none, make(page, 'div', {class: 'rd-shortcuts', tabIndex: -1}, ...groups.map(({root}) => root)));
  search.focus();
}

/** @param {Shortcuts} shortcuts @param {string} group */
function makeGroup(shortcuts, group) {
  const {page, say} = shortcuts.app;
  const rows = ALL_COMMANDS.filter((each) => each.group === group).map(({id, label}) => {
    const number = /^select\.(\d)$/.exec(id)?.[1] ?? '';
    const key = make(page, 'button', {type: 'button', class: 'rd-key', 'data-command': id, click: () => listen(shortcuts, id, key)});
    const words = `${say(label)}${number && ` ${number}`}`;
    key.dataset.words = words;
    showKey(shortcuts, key);
    return make(page, 'div', {class: 'rd-shortcut'}, make(page, 'span', {}, words), key);
  });
  return {rows, root: make(page, 'section', {}, make(page, 'h3', {}, say(`keys.${group}`)), ...rows)};
}

/** @param {Shortcuts} shortcuts @param {HTMLElement} key */
function showKey(shortcuts, key) {
  const keys = shortcuts.keysOf(key.dataset.command ?? '').join('  ') || shortcuts.app.say('keys.no');
  key.textContent = keys;
  key.setAttribute('aria-label', `${keys}, ${key.dataset.words}`);
}

/** Take the next press as the key of a command. @param {Shortcuts} shortcuts @param {string} id @param {HTMLElement} key */
function listen(shortcuts, id, key) {
  key.textContent = LISTENING;
  const stopper = new AbortController();
  const end = () => {
    stopper.abort();
    for (const each of key.closest('dialog')?.querySelectorAll('.rd-key') ?? []) showKey(shortcuts, /** @type {HTMLElement} */ (each));
  };
  key.addEventListener('keydown', (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (MODIFIERS.includes(event.key)) return;
    if (event.key !== 'Escape') take(shortcuts, id, keyNames(event)[0]);
    end();
  }, {signal: stopper.signal});
  key.addEventListener('blur', end, {signal: stopper.signal});
}

/** @param {Shortcuts} shortcuts @param {string} id @param {string} name */
function take(shortcuts, id, name) {
  const losers = ALL_COMMANDS.filter((each) => each.id !== id && shortcuts.keysOf(each.id).includes(name));
  shortcuts.set({...shortcuts.own, ...Object.fromEntries(losers.map((each) => [each.id, ''])), [id]: name});
}
