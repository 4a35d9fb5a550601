// The column of tools: three with words first, the rest under a line.

import {make} from './dom.mjs';
import {makeIcon} from './icons.mjs';
import {FIRST, TOOLS} from '../tools/tool.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {ToolName} from '../types.d.ts' */

/** @param {Stage} stage @returns {HTMLElement} a toolbar in which arrows move between tools */
export function makeToolbox(stage) {
  const {page, say} = stage;
  const names = /** @type {ToolName[]} */ (Object.keys(TOOLS));
  const buttons = names.map((name, index) => makeTool(stage, name, index < FIRST));
  const column = make(page, 'div', {class: 'rd-tools', role: 'toolbar', 'aria-label': say('stage.tools'), 'aria-orientation': 'vertical'}, ...buttons.slice(0, FIRST), make(page, 'hr', {class: 'rd-tools-line'}), ...buttons.slice(FIRST));
  const show = () => {
    for (const [index, button] of buttons.entries()) {
      const chosen = names[index] === stage.settings.values.tool;
      button.setAttribute('aria-pressed', String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    }
  };
  column.addEventListener('keydown', (event) => roam(event, buttons));
  stage.settings.on((changed) => changed.tool && show());
  show();
  return column;
}

/** @param {Stage} stage @param {ToolName} name @param {boolean} worded */
function makeTool(stage, name, worded) {
  const {page, say} = stage;
  const key = stage.keyOf(`tool.${name}`);
  const label = say(`tool.${name}`);
  return make(
    page,
    'button',
    {class: 'rd-tool', type: 'button', 'data-tool': name, title: key ? `${label} (${key})` : label, 'aria-label': label, 'aria-keyshortcuts': key, click: () => stage.choose(name)},
    makeIcon(page, name),
    worded ? make(page, 'span', {class: 'rd-tool-word', 'aria-hidden': 'true'}, label) : make(page, 'kbd', {class: 'rd-tool-key', 'aria-hidden': 'true'}, key),
  );
}

/** Arrows, Home and End move the focus in a toolbar. @param {KeyboardEvent} event @param {HTMLElement[]} items */
function roam(event, items) {
  const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
  /** @type {Record<string, number>} */
  const places = {ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: items.length - 1};
  if (at < 0 || !(event.key in places)) return;
  event.preventDefault();
  event.stopPropagation();
  items[(places[event.key] + items.length) % items.length].focus();
}
