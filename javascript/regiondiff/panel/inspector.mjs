// The inspector's place: what to do while no brush is active; the fields are loaded with the first brush.

import {loadOnce} from '../page/later.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {BrushFields} from './brush_fields.mjs' */
/** @import {Field} from './fields.mjs' */

export class Inspector {
  /** @param {App} app @param {Record<string, Field>} fields of a brush, as the schema has them */
  constructor(app, fields) {
    this.app = app;
    this.fields = fields;
    this.empty = make(app.page, 'p', {class: 'rd-note'}, app.say('inspector.empty'));
    this.root = make(app.page, 'section', {class: 'rd-inspector', 'aria-label': app.say('inspector.title')}, this.empty);
    /** @type {BrushFields | null} */
    this.filled = null;
    this.open = loadOnce(() => import('./brush_fields.mjs').then(({BrushFields}) => {
      this.filled = new BrushFields(app, fields);
      this.root.append(this.filled.root);
      return this.filled;
    }));
  }

  async refresh() {
    const active = this.app.selection.get() !== null;
    this.empty.hidden = active;
    if (active && !this.filled) await this.open();
    this.filled?.refresh();
  }

  refreshCounts() {
    this.filled?.refreshCounts();
  }

  /** @param {boolean} fresh whether the brush has just been painted */
  async focusPrompt(fresh) {
    if (this.filled) return this.enter(this.filled, fresh, '');
    const {app} = this;
    const id = app.selection.get() ?? '';
    const keys = collectKeys(app.page);
    const fields = await this.open().catch((error) => {
      const text = keys.end();
      if (text) app.setField(id, 'prompt', `${app.findBrush(id)?.prompt ?? ''}${text}`);
      throw error;
    });
    this.enter(fields, fresh, keys.end());
  }

  /** @param {BrushFields} fields @param {boolean} fresh @param {string} text what was typed before they were there */
  enter(fields, fresh, text) {
    fields.refresh();
    fields.focusPrompt(fresh);
    if (!text) return;
    fields.prompt.setRangeText(text, fields.prompt.selectionStart, fields.prompt.selectionEnd, 'end');
    fields.prompt.dispatchEvent(new Event('input', {bubbles: true}));
  }

  /** The fields as they are for the active brush. */
  async fill() {
    const fields = await this.open();
    fields.refresh();
    return fields;
  }
}

/** Keep what is typed while the fields are loaded. @param {Document} page */
function collectKeys(page) {
  let text = '';
  const stopper = new AbortController();
  page.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length > 1) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    text += event.key;
  }, {capture: true, signal: stopper.signal});
  const end = () => {
    stopper.abort();
    return text;
  };
  return {end};
}
