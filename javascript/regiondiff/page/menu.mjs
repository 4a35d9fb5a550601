// A menu at a place: arrows move, Enter runs, Escape and a click elsewhere close it.

import {make} from '../stage/bars/dom.mjs';

/** @import {App} from './app.mjs' */
/** @typedef {{label: string, run(): unknown, help?: string}} Item */

/** @param {App} app @param {{x: number, y: number}} at @param {Item[]} items @param {HTMLElement} [opener] where the focus goes back to */
export function openMenu(app, at, items, opener) {
  const {page} = app;
  app.root.querySelector('.rd-menu')?.remove();
  const back = opener ?? /** @type {HTMLElement | null} */ (page.activeElement);
  const close = (/** @type {boolean} */ focus) => {
    menu.remove();
    stopper.abort();
    if (focus) back?.focus();
  };
  const stopper = new AbortController();
  const buttons = items.map((item) => make(page, 'button', {type: 'button', role: 'menuitem', tabIndex: -1, title: item.help, click: () => (close(true), item.run())}, item.label));
  const menu = make(page, 'div', {class: 'rd-menu', role: 'menu'}, ...buttons);
  menu.addEventListener('keydown', (event) => {
    const index = buttons.indexOf(/** @type {HTMLButtonElement} */ (page.activeElement));
    const next = {ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: buttons.length - 1}[event.key];
    if (next !== undefined) buttons.at(next % buttons.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  page.addEventListener('pointerdown', (event) => !menu.contains(/** @type {Node} */ (event.target)) && close(false), {capture: true, signal: stopper.signal});
  app.root.append(menu);
  const box = menu.getBoundingClientRect();
  const [wide, high] = [page.documentElement.clientWidth, page.documentElement.clientHeight];
  menu.style.left = `${Math.max(4, Math.min(at.x, wide - box.width - 4))}px`;
  menu.style.top = `${Math.max(4, Math.min(at.y, high - box.height - 4))}px`;
  buttons[0]?.focus();
}
