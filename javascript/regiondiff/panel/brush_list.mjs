// The panel of brushes; its rows are loaded with the first one.

import {loadOnce} from '../page/later.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {App} from '../page/app.mjs' */

export class BrushList {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    this.list = make(page, 'ol', {class: 'rd-rows', 'aria-label': say('brushes.list'), 'data-empty': say('brushes.none')});
    const add = make(page, 'button', {class: 'rd-button rd-add', type: 'button', title: say('brushes.add.help'), click: () => app.addBrush()}, say('brushes.add'));
    this.root = make(page, 'section', {class: 'rd-brushes', 'aria-label': say('brushes.title')}, make(page, 'div', {class: 'rd-head'}, make(page, 'h2', {}, say('brushes.title')), make(page, 'small', {}, say('brushes.order')), add), this.list);
    /** @type {import('./brush_rows.mjs').BrushRows | null} the rows, once there were brushes */
    this.rows = null;
    this.open = loadOnce(() => import('./brush_rows.mjs').then(({BrushRows}) => (this.rows = new BrushRows(app, this.list))));
  }

  async refresh() {
    if (this.rows) this.rows.refresh();
    else if (this.app.editor.state.palette.brushes.length) (await this.open()).refresh();
  }

  /** @param {MouseEvent} event @param {string} id */
  async openMenu(event, id) {
    (await this.open()).openMenu(event, id);
  }
}
