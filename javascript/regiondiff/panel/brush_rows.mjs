// Rows of the brushes, the uppermost first: thumbnail, name, first words, share, badge; dragging the grip reorders.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from './icons.mjs';
import {listenGrip} from './brush_order.mjs';
import {nameOf} from './labels.mjs';
import {drawThumbnail} from './thumbnail.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Brush} from '../document/types.d.ts' */
/** @typedef {{root: HTMLElement, main: HTMLButtonElement, canvas: HTMLCanvasElement, name: HTMLElement, words: HTMLElement, percent: HTMLElement, badge: HTMLButtonElement, hide: HTMLButtonElement, lock: HTMLButtonElement, drawn: unknown}} Row */

export class BrushRows {
  /** @param {App} app @param {HTMLElement} list */
  constructor(app, list) {
    this.app = app;
    this.list = list;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {string | null} */
    this.followed = null;
    list.addEventListener('keydown', (event) => this.press(event));
  }

  refresh() {
    const {brushes} = this.app.editor.state.palette;
    const rows = brushes.map((brush, index) => this.show(this.rows.get(brush.id) ?? this.makeRow(brush.id), brush, index));
    this.rows = new Map(brushes.map(({id}, index) => [id, rows[index]]));
    const roots = rows.map(({root}) => root).reverse();
    this.follow();
    if (roots.length !== this.list.children.length || roots.some((root, index) => this.list.children[index] !== root)) this.place(roots);
  }

  /** Bring the active row into sight when it has changed. */
  follow() {
    const active = this.app.selection.get();
    if (active === this.followed) return;
    this.followed = active;
    requestAnimationFrame(() => this.rows.get(active ?? '')?.root.scrollIntoView({block: 'nearest', inline: 'nearest'}));
  }

  /** Put rows in order; the focus stays where it is. @param {HTMLElement[]} roots */
  place(roots) {
    const focused = /** @type {HTMLElement | null} */ (this.app.page.activeElement);
    const own = focused && this.list.contains(focused);
    this.list.replaceChildren(...roots);
    if (own && focused.isConnected) focused.focus();
  }

  /** @param {string} id @returns {Row} */
  makeRow(id) {
    const {app} = this;
    const {page} = app;
    const [name, words, percent] = ['rd-name', 'rd-prompt', 'rd-percent'].map((each) => make(page, each === 'rd-name' ? 'b' : 'span', {class: each}));
    const canvas = make(page, 'canvas', {class: 'rd-thumbnail', width: 30, height: 30, 'aria-hidden': 'true'});
    const main = make(page, 'button', {type: 'button', class: 'rd-main', click: () => app.selection.set(id), dblclick: () => this.rename(id)}, canvas, make(page, 'span', {class: 'rd-row-words'}, name, words));
    const toggle = (/** @type {'hidden' | 'locked'} */ what) => make(page, 'button', {type: 'button', class: 'rd-toggle', click: () => app.setBrushState(id, {[what]: !app.brushState(id)[what]})});
    const [hide, lock] = [toggle('hidden'), toggle('locked')];
    const badge = make(page, 'button', {type: 'button', class: 'rd-badge', click: () => app.verdict?.badges[id] && app.jumpTo({brush: id, path: app.verdict.badges[id].path})});
    const grip = make(page, 'span', {class: 'rd-grip', title: app.say('brushes.grip'), 'aria-hidden': 'true'}, makeIcon(page, 'grip'));
    const root = make(page, 'li', {class: 'rd-row', contextmenu: (/** @type {MouseEvent} */ event) => this.openMenu(event, id)}, make(page, 'span', {class: 'rd-share', 'aria-hidden': 'true'}), grip, main, badge, make(page, 'span', {class: 'rd-end'}, percent, hide, lock));
    root.dataset.id = id;
    listenGrip(app, this.list, grip, root);
    return {root, main, canvas, name, words, percent, badge, hide, lock, drawn: null};
  }

  /** @param {Row} row @param {Brush} brush @param {number} index @returns {Row} */
  show(row, brush, index) {
    const {app} = this;
    const {say, verdict} = app;
    const {hidden = false, locked = false} = app.brushState(brush.id);
    const active = app.selection.get() === brush.id;
    const share = hidden ? 0 : (verdict?.shares[brush.id] ?? 0);
    const name = nameOf(brush);
    row.root.classList.toggle('rd-active', active);
    row.root.classList.toggle('rd-hidden', hidden);
    row.main.setAttribute('aria-current', String(active));
    row.root.style.setProperty('--rd-own', brush.colour);
    row.root.style.setProperty('--rd-part', `${100 * share}%`);
    put(row.name, `${index + 1} ${name}`);
    put(row.words, brush.prompt.trim() || say('brushes.noPrompt'));
    put(row.percent, hidden ? say('brushes.off') : `${Math.round(100 * share)} %`);
    this.showBadge(row, brush);
    showToggle(app.page, row.hide, hidden, hidden ? 'eyeOff' : 'eye', say(hidden ? 'brushes.show' : 'brushes.hide', {name}));
    showToggle(app.page, row.lock, locked, locked ? 'lock' : 'unlock', say(locked ? 'brushes.unlock' : 'brushes.lock', {name}));
    this.paint(row, brush);
    return row;
  }

  /** @param {Row} row @param {Brush} brush */
  showBadge({badge}, brush) {
    const {app} = this;
    const found = app.verdict?.badges[brush.id];
    badge.hidden = !found;
    if (!found) return;
    badge.className = `rd-badge rd-${found.level}`;
    put(badge, !brush.prompt.trim() ? app.say('badge.noPrompt') : !app.editor.maskOf(brush.id).tiles.size ? app.say('badge.noMask') : app.say(`badge.${found.level}`));
    badge.title = found.message;
    badge.setAttribute('aria-label', `${badge.textContent}: ${found.message}`);
  }

  /** @param {Row} row @param {Brush} brush */
  paint(row, brush) {
    const {state} = this.app.editor;
    if (this.app.editor.session) return;
    const mask = state.masks.get(brush.id);
    const drawn = [mask, brush.colour, state.palette.size.width, state.palette.size.height];
    if (Array.isArray(row.drawn) && drawn.every((each, index) => each === /** @type {unknown[]} */ (row.drawn)[index])) return;
    row.drawn = drawn;
    drawThumbnail(row.canvas, state, brush.id, brush.colour);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const id = /** @type {HTMLElement | null} */ (target.closest('.rd-row'))?.dataset.id;
    if (!id || !target.matches('.rd-main')) return;
    const step = {ArrowUp: 1, ArrowDown: -1}[event.key];
    if (step && event.altKey) (this.app.selection.set(id), this.app.run(step > 0 ? 'brush.up' : 'brush.down'));
    else if (step) this.move(id, step);
    else if (event.key === 'F2') this.rename(id);
    else if (event.key === 'Delete') this.app.editor.removeBrush(id);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} id @param {number} step */
  move(id, step) {
    const {brushes} = this.app.editor.state.palette;
    const next = brushes[brushes.findIndex((brush) => brush.id === id) + step];
    if (!next) return;
    this.app.selection.set(next.id);
    this.rows.get(next.id)?.main.focus();
  }

  /** @param {string} id */
  rename(id) {
    const row = this.rows.get(id);
    const brush = this.app.findBrush(id);
    if (!row || !brush) return;
    const field = make(this.app.page, 'input', {type: 'text', class: 'rd-rename', value: brush.name || nameOf(brush), maxLength: 200, 'aria-label': this.app.say('brushes.rename')});
    let over = false;
    const end = (/** @type {boolean} */ keep) => {
      if (over) return;
      over = true; // removing a field that has the focus blurs it
      const value = field.value.trim();
      field.remove();
      row.root.classList.remove('rd-renaming');
      if (keep && value !== brush.name) this.app.setField(id, 'name', value);
      row.main.focus();
    };
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter' || event.key === 'Escape') end(event.key === 'Enter');
    });
    field.addEventListener('blur', () => end(true));
    row.root.classList.add('rd-renaming');
    row.root.append(field);
    field.select();
  }

  /** @param {MouseEvent} event @param {string} id */
  async openMenu(event, id) {
    event.preventDefault();
    const {app} = this;
    app.selection.set(id);
    const [{openMenu}, {runOnBrush}] = await Promise.all([import('../page/menu.mjs'), import('../page/commands.mjs')]);
    const {hidden = false, locked = false} = app.brushState(id);
    const lowest = app.editor.state.palette.brushes[0]?.id === id;
    const item = (/** @type {string} */ name) => ({label: app.say(`menu.${name}`), run: () => runOnBrush(app, name, id)});
    const box = this.rows.get(id)?.root.getBoundingClientRect() ?? new DOMRect();
    const at = event.clientX && event.type === 'contextmenu' ? {x: event.clientX, y: event.clientY} : {x: box.left + 40, y: box.bottom};
    openMenu(app, at, [
      item('duplicate'),
      {label: app.say('menu.rename'), run: () => this.rename(id)},
      {label: app.say(hidden ? 'menu.show' : 'menu.hide'), run: () => app.setBrushState(id, {hidden: !hidden})},
      {label: app.say(locked ? 'menu.unlock' : 'menu.lock'), run: () => app.setBrushState(id, {locked: !locked})},
      ...['invert', 'clear', ...(lowest ? [] : ['mergeDown']), 'exportMask', 'remove'].map(item),
    ]);
  }
}

/** A text in two pieces, so that a WebUI that looks whole texts up leaves people's words alone. @param {HTMLElement} element @param {string} text */
function put(element, text) {
  const letters = [...text];
  if (element.textContent !== text) element.replaceChildren(letters.slice(0, -1).join(''), letters.at(-1) ?? '');
}

/** @param {Document} page @param {HTMLButtonElement} button @param {boolean} on @param {string} icon @param {string} label */
function showToggle(page, button, on, icon, label) {
  if (button.title === label && button.firstChild) return;
  button.classList.toggle('rd-on', on);
  button.title = label;
  button.setAttribute('aria-label', label);
  button.replaceChildren(makeIcon(page, icon));
}
