// Sheets: on a narrow page the panels lie over the surface's lower part, one at a time; chips and buttons open them.

import {make} from '../stage/bars/dom.mjs';

/** @import {App} from './app.mjs' */
/** @typedef {'whole' | 'inspector' | 'run'} Sheet */

const NARROW = '(max-width: 760px)';

export class Sheets {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    this.narrow = matchMedia(NARROW);
    const opener = (/** @type {Sheet} */ sheet) => make(page, 'button', {type: 'button', class: 'rd-button rd-opener', 'data-sheet': sheet, 'aria-expanded': 'false', click: () => this.toggle(sheet)}, say(`${sheet}.title`));
    this.openers = [opener('whole'), opener('run')];
    app.list.root.prepend(this.openers[0]);
    app.list.root.append(this.openers[1]);
    for (const panel of [app.whole.root, app.inspector.root, app.run_.root]) panel.prepend(make(page, 'button', {type: 'button', class: 'rd-button rd-sheet-close', click: () => this.close()}, say('sheet.done')));
  }

  /** @param {Sheet} sheet */
  open(sheet) {
    this.app.root.dataset.sheet = sheet;
    this.refresh();
  }

  close() {
    delete this.app.root.dataset.sheet;
    this.refresh();
  }

  /** @param {Sheet} sheet */
  toggle(sheet) {
    if (this.app.root.dataset.sheet === sheet) this.close();
    else this.open(sheet);
  }

  refresh() {
    const {sheet} = this.app.root.dataset;
    for (const opener of this.openers) opener.setAttribute('aria-expanded', String(opener.dataset.sheet === sheet));
  }
}
