// What holds for the whole picture: its prompt, and folded the rest.

import {make} from '../stage/bars/dom.mjs';
import {loadOnce} from '../page/later.mjs';
import {makeField} from './fields.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Palette} from '../document/types.d.ts' */
/** @import {Field} from './fields.mjs' */

export class WholePicture {
  /** @param {App} app @param {{properties: Record<string, Field>}} schema */
  constructor(app, schema) {
    this.app = app;
    const {page, say} = app;
    this.schema = schema;
    this.of = schema.properties.background.properties ?? {};
    /** @type {(() => void)[]} */
    this.shows = [];
    this.load = loadOnce(() => import('./whole_more.mjs').then(({fillMore}) => fillMore(this)));
    this.prompt = this.makeField('prompt', this.of.prompt, (palette) => palette.background);
    this.prompt.querySelector('textarea')?.setAttribute('placeholder', say('whole.hint'));
    this.more = make(page, 'details', {toggle: () => void this.openMore()}, make(page, 'summary', {}, say('whole.more')));
    this.root = make(page, 'section', {class: 'rd-whole', 'aria-label': say('whole.title')}, make(page, 'h2', {}, say('whole.title')), this.prompt, this.more);
  }

  /** @param {string} name @param {Field} field @param {(palette: Palette) => Record<string, unknown>} find what has the field */
  makeField(name, field, find) {
    const {app} = this;
    const {root, show} = makeField(app, name, field, (value) => app.editor.change(name, (palette) => setOrDrop(find(palette), name, value), {merge: `whole ${name}`}));
    this.shows.push(() => show(find(app.editor.state.palette)[name]));
    return root;
  }

  /** What is folded is made when it is unfolded first. */
  async openMore() {
    await this.load();
    this.refresh();
  }

  refresh() {
    for (const show of this.shows) show();
    this.refreshCount();
  }

  refreshCount() {
    const count = this.app.verdict?.background;
    const place = this.prompt.querySelector('.rd-count');
    if (place) place.textContent = count ? `${count.count} / ${count.limit}` : '';
  }
}

/** @param {Record<string, unknown>} record @param {string} name @param {unknown} value */
function setOrDrop(record, name, value) {
  if (value === undefined) delete record[name];
  else record[name] = value;
}
