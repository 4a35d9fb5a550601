// The rows of the list of brushes, the uppermost first: thumbnail, name, first words, share, badge; dragging reorders.

import {make} from '../stage/bars/dom.mjs';
import {drawThumbnail} from './thumbnail.mjs';
import {makeIcon} from './icons.mjs';
import {nameOf} from './labels.mjs';

/** @import {App} from './app.mjs' */
/** @import {Brush} from '../document/types.d.ts' */

export class BrushRows {
  /** @param {App} app @param {HTMLElement} list */
  constructor(app, list) {
    this.app = app;
    this.list = list;
    list.addEventListener('keydown', (event) => this.press(event));
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
  }

  refresh() {
    const {brushes} = this.app.editor.state.palette;
    const active = this.app.selection.get();
    const rows = brushes.map((brush, index) => this.makeRow(brush, index, active)).reverse();
    this.rows = new Map(rows.map((row) => [row.dataset.id ?? '', row]));
    this.list.replaceChildren(...rows);
    this.list.hidden = !rows.length;
    if (active) this.list.setAttribute('aria-activedescendant', `rd-row-${this.app.key}-${active}`);
    this.paintThumbnails();
  }

  paintThumbnails() {
    for (const [id, row] of this.rows) {
      const canvas = /** @type {HTMLCanvasElement} */ (row.querySelector('canvas'));
      const brush = this.app.findBrush(id);
      if (brush) drawThumbnail(canvas, this.app.editor.state, id, brush.colour);
    }
  }

  /** @param {Brush} brush @param {number} index @param {string | null} active */
  makeRow(brush, index, active) {
    const {app} = this;
    const {page, say} = app;
    const {hidden, locked} = app.brushState(brush.id);
    const share = app.verdict?.shares?.[index + 1] ?? 0;
    const badge = app.verdict?.badges?.[brush.id] ?? null;
    const name = nameOf(brush);
    const words = brush.prompt.trim() || say('brushes.noPrompt');
    const toggle = (/** @type {'hidden' | 'locked'} */ what, /** @type {boolean} */ on) =>
      make(page, 'button', {class: `rd-toggle${on ? ' rd-on' : ''}`, type: 'button', tabIndex: -1, 'aria-pressed': String(on), title: say(`brushes.${what}`, {name}), 'aria-label': say(`brushes.${what}`, {name}), click: (/** @type {Event} */ event) => (event.stopPropagation(), app.setBrushState(brush.id, {[what]: !on}))}, makeIcon(page, what === 'hidden' ? (on ? 'eyeOff' : 'eye') : on ? 'lock' : 'unlock'));
    const row = make(
      page,
      'div',
      {id: `rd-row-${app.key}-${brush.id}`, class: `rd-row${brush.id === active ? ' rd-active' : ''}${hidden ? ' rd-hidden' : ''}`, role: 'option', 'aria-selected': String(brush.id === active), 'aria-label': `${index + 1} ${name}, ${words}, ${Math.round(100 * share)} %${badge ? `, ${badge.message}` : ''}`, draggable: true, click: () => app.selection.set(brush.id), dblclick: () => this.rename(brush.id), contextmenu: (/** @type {MouseEvent} */ event) => this.openMenu(event, brush.id)},
      make(page, 'span', {class: 'rd-share', 'aria-hidden': 'true'}),
      make(page, 'canvas', {class: 'rd-thumbnail', width: 30, height: 30, 'aria-hidden': 'true'}),
      make(page, 'span', {class: 'rd-row-words'}, make(page, 'span', {class: 'rd-name'}, make(page, 'b', {}, `${index + 1} `, name), badge && this.makeBadge(badge)), make(page, 'span', {class: 'rd-prompt'}, words)),
      make(page, 'span', {class: 'rd-toggles'}, toggle('hidden', Boolean(hidden)), toggle('locked', Boolean(locked))),
      make(page, 'span', {class: 'rd-percent', 'aria-hidden': 'true'}, `${Math.round(100 * share)} %`),
    );
    row.dataset.id = brush.id;
    row.style.setProperty('--rd-own', brush.colour);
    row.style.setProperty('--rd-part', `${100 * share}%`);
    this.listenDrag(row, brush.id);
    return row;
  }

  /** @param {{level: string, message: string, path?: string, brush?: string}} badge */
  makeBadge(badge) {
    const {page} = this.app;
    return make(page, 'button', {class: `rd-badge rd-${badge.level}`, type: 'button', tabIndex: -1, title: badge.message, click: (/** @type {Event} */ event) => (event.stopPropagation(), this.app.jumpTo(badge))}, this.app.say(`badge.${badge.level}`));
  }

  /** @param {HTMLElement} row @param {string} id */
  listenDrag(row, id) {
    const place = (/** @type {DragEvent} */ event) => event.clientY < row.getBoundingClientRect().top + row.offsetHeight / 2;
    row.addEventListener('dragstart', (event) => event.dataTransfer?.setData('application/x-rd-brush', id));
    row.addEventListener('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('application/x-rd-brush')) return;
      event.preventDefault();
      row.classList.toggle('rd-before', place(event));
      row.classList.toggle('rd-after', !place(event));
    });
    for (const name of ['dragleave', 'dragend', 'drop']) row.addEventListener(name, () => row.classList.remove('rd-before', 'rd-after'));
    row.addEventListener('drop', (event) => {
      const moved = event.dataTransfer?.getData('application/x-rd-brush');
      if (!moved || moved === id) return;
      event.preventDefault();
      event.stopPropagation();
      const ids = this.app.editor.state.palette.brushes.map((brush) => brush.id).filter((each) => each !== moved);
      this.app.editor.moveBrush(moved, ids.indexOf(id) + (place(event) ? 1 : 0));
    });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.target !== this.list) return;
    const ids = this.app.editor.state.palette.brushes.map(({id}) => id).reverse();
    const at = ids.indexOf(this.app.selection.get() ?? '');
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (step && event.altKey) this.app.moveActive(-step);
    else if (step) this.app.selection.set(ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null);
    else if (event.key === 'Enter') this.app.focusPrompt(this.app.selection.get());
    else if (event.key === 'F2' && at >= 0) this.rename(ids[at]);
    else if ((event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) && at >= 0) this.openMenu(event, ids[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {string} id */
  rename(id) {
    const row = this.rows.get(id);
    const brush = this.app.findBrush(id);
    const holder = row?.querySelector('.rd-name');
    if (!holder || !brush) return;
    const field = make(this.app.page, 'input', {class: 'rd-rename', value: brush.name, maxLength: 200, 'aria-label': this.app.say('brushes.rename')});
    const end = (/** @type {boolean} */ keep) => {
      if (!field.isConnected) return;
      const value = field.value.trim();
      field.remove();
      if (keep && value !== brush.name) this.app.setField(id, 'name', value);
      this.refresh();
      this.list.focus();
    };
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter' || event.key === 'Escape') end(event.key === 'Enter');
    });
    field.addEventListener('blur', () => end(true));
    holder.replaceChildren(field);
    field.select();
  }

  /** @param {MouseEvent | KeyboardEvent} event @param {string} id */
  async openMenu(event, id) {
    event.preventDefault();
    this.app.selection.set(id);
    const {openMenu} = await import('./menu.mjs');
    const {app} = this;
    const actions = ['duplicate', 'rename', 'invert', 'clear', 'mergeDown', 'exportMask', 'remove'];
    const row = this.rows.get(id)?.getBoundingClientRect();
    const at = event instanceof MouseEvent && event.clientX ? {x: event.clientX, y: event.clientY} : {x: (row?.left ?? 0) + 40, y: row?.bottom ?? 0};
    openMenu(app, at, actions.map((name) => ({label: app.say(`menu.${name}`), run: () => (name === 'rename' ? this.rename(id) : app.runOnBrush(name, id))})));
  }
}
