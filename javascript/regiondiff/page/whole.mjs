// What holds for the whole picture: its prompt, and folded its negative, words for every brush, and styles.

import {make} from '../stage/bars/dom.mjs';
import {makeField, unwrap} from './inspector.mjs';

/** @import {App} from './app.mjs' */
/** @import {Field} from './inspector.mjs' */

export class WholePicture {
  /** @param {App} app @param {{properties: Record<string, Field>}} schema */
  constructor(app, schema) {
    this.app = app;
    const {page, say} = app;
    const of = schema.properties.background.properties ?? {};
    /** @type {[string, (value: unknown) => void, () => unknown][]} */
    this.shows = [];
    const background = (/** @type {string} */ name) => {
      const {own, empty} = unwrap(of[name]);
      const field = makeField(app, name, own, empty, (value) => app.editor.change('prompt', (palette) => setOrDrop(palette.background, name, value), {merge: `background ${name}`}));
      field.root.dataset.field = name;
      this.shows.push([name, field.show, () => app.editor.state.palette.background[name]]);
      return field.root;
    };
    const {own, empty} = unwrap(schema.properties.suffix ?? {type: 'string', maxLength: 2000});
    const suffix = makeField(app, 'suffix', own, empty, (value) => app.editor.change('suffix', (palette) => setOrDrop(palette, 'suffix', value), {merge: 'suffix'}));
    this.shows.push(['suffix', suffix.show, () => app.editor.state.palette.suffix]);
    const styles = make(page, 'button', {class: 'rd-button', type: 'button', 'aria-haspopup': 'menu', click: () => this.openStyles(styles)}, say('whole.styles'));
    this.prompt = background('prompt');
    this.root = make(page, 'section', {class: 'rd-whole', 'aria-label': say('whole.title')}, make(page, 'h2', {}, say('whole.title')), this.prompt, make(page, 'details', {}, make(page, 'summary', {}, say('whole.more')), background('negative'), suffix.root, styles));
  }

  refresh() {
    for (const [, show, read] of this.shows) show(read());
    const count = this.app.verdict?.tokens?.background;
    const place = this.prompt.querySelector('.rd-count');
    if (place) place.textContent = count ? `${count.count} / ${count.limit}` : '';
  }

  focus() {
    this.prompt.querySelector('textarea')?.focus();
  }

  /** @param {HTMLElement} button */
  async openStyles(button) {
    const [{openMenu}, {STYLES}] = await Promise.all([import('./menu.mjs'), import('./styles.mjs')]);
    const box = button.getBoundingClientRect();
    const add = (/** @type {{words: string, negative?: string}} */ style) =>
      this.app.editor.change('style', (palette) => {
        palette.suffix = addWords(String(palette.suffix ?? ''), style.words);
        if (style.negative) palette.background.negative = addWords(palette.background.negative ?? '', style.negative);
      });
    openMenu(this.app, {x: box.left, y: box.bottom}, STYLES.map((style) => ({label: style.name, help: style.words, run: () => add(style)})), button);
  }
}

/** @param {string} text @param {string} words */
function addWords(text, words) {
  const known = text.split(',').map((each) => each.trim()).filter(Boolean);
  return [...known, ...words.split(',').map((each) => each.trim()).filter((each) => !known.includes(each))].join(', ');
}

/** @param {Record<string, unknown>} record @param {string} name @param {unknown} value */
function setOrDrop(record, name, value) {
  if (value === undefined) delete record[name];
  else record[name] = value;
}
