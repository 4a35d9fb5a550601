// A menu at a place: arrows and letters move, Enter runs, Escape and a click elsewhere close it.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {App} from './app.mjs' */
/** @typedef {{label: string, run(): unknown, help?: string, words?: string, chosen?: boolean}} Item `words` stand at the right */

/** @param {App} app @param {{x: number, y: number}} at @param {(Item | string)[]} items a text is a heading, an empty one a line @param {HTMLElement} [opener] where the focus goes back to */
export function openMenu(app, at, items, opener) {
  const {page} = app;
  app.root.querySelector('.rd-menu')?.remove();
  const back = opener ?? /** @type {HTMLElement | null} */ (page.activeElement);
  const stopper = new AbortController();
  const close = (/** @type {boolean} */ focus) => {
    menu.remove();
    stopper.abort();
    opener?.setAttribute('aria-expanded', 'false');
    if (focus && back?.isConnected) back.focus();
  };
  const parts = items.map((item) => (typeof item === 'string' ? makeBreak(page, item) : makeItem(page, item, () => (close(true), app.guard(item.run)))));
  const buttons = parts.filter((part) => part.tagName === 'BUTTON');
  const menu = make(page, 'div', {class: 'rd-menu', role: 'menu', keydown: (/** @type {KeyboardEvent} */ event) => press(event, buttons, close)}, ...parts);
  page.addEventListener('pointerdown', (event) => !menu.contains(/** @type {Node} */ (event.target)) && close(false), {capture: true, signal: stopper.signal});
  globalThis.addEventListener('resize', () => close(false), {signal: stopper.signal});
  app.root.append(menu);
  opener?.setAttribute('aria-expanded', 'true');
  const box = menu.getBoundingClientRect();
  const [wide, high] = [page.documentElement.clientWidth, page.documentElement.clientHeight];
  menu.style.left = `${Math.max(4, Math.min(at.x, wide - box.width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(at.y + 4, high - box.height - 4))}px`;
  (buttons.find((button) => button.getAttribute('aria-checked') === 'true') ?? buttons[0])?.focus();
}

/** @param {Document} page @param {Item} item @param {() => void} run */
function makeItem(page, {label, help, words, chosen}, run) {
  const role = chosen === undefined ? {role: 'menuitem'} : {role: 'menuitemradio', 'aria-checked': String(chosen)};
  return make(page, 'button', {type: 'button', tabIndex: -1, title: help, ...role, click: run}, make(page, 'span', {}, label), words && make(page, 'small', {}, words));
}

/** @param {Document} page @param {string} heading */
function makeBreak(page, heading) {
  return heading ? make(page, 'div', {class: 'rd-menu-title', role: 'presentation'}, heading) : make(page, 'hr', {role: 'separator'});
}

/** @param {KeyboardEvent} event @param {HTMLElement[]} buttons @param {(focus: boolean) => void} close */
function press(event, buttons, close) {
  const index = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
  const next = {ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1}[event.key];
  if (next !== undefined) buttons.at(next % buttons.length)?.focus();
  else if (event.key === 'Escape' || event.key === 'Tab') close(true);
  else if (event.key.length === 1 && event.key !== ' ') [...buttons.slice(index + 1), ...buttons].find((button) => (button.textContent ?? '').toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
