// The view JSON: the palette's text, presets and saved palettes.

import '../strings_views.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeButton, makeChoices, makeLabelled, makeTicked} from './view_fields.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @typedef {{text: string, name: string, said: string}} Offer a text that may take the palette's place, the saved palette's name, and what is told then */

const MOST = 5; // faults that are told

export class TextView {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    /** @type {Offer | null} what a person is asked about */
    this.offered = null;
    const quiet = () => this.tell('');
    this.preset = makeChoices(page, 'preset', app.start_.presets.map(({name}) => ({value: name, label: name})), {change: quiet});
    this.text = make(page, 'textarea', {'data-key': 'text', rows: 9, spellcheck: false, placeholder: 'JSON', input: () => this.write()});
    this.saved = makeChoices(page, 'saved', [], {change: quiet});
    this.name = make(page, 'input', {type: 'text', 'data-key': 'name', placeholder: say('webui.name.hint'), input: quiet});
    this.over = make(page, 'input', {type: 'checkbox', 'data-key': 'replace', change: quiet});
    this.caption = this.button('caption', () => this.describe());
    this.caption.hidden = true;
    this.asking = make(page, 'div', {class: 'rd-kind rd-asking', hidden: true}, make(page, 'span', {}, say('webui.replace.ask')), this.button('replace_it', () => this.replace()), this.button('keep_it', quiet));
    this.words = make(page, 'span');
    this.undo = make(page, 'button', {type: 'button', class: 'rd-button', 'data-key': 'undo', click: () => this.bringBack()}, say('edit.undo'));
    this.said = make(page, 'div', {class: 'rd-said', role: 'status', hidden: true}, this.words, this.undo);
    this.root = make(
      page, 'div', {class: 'rd-json'},
      make(page, 'div', {class: 'rd-line'}, this.label('preset', this.preset), this.button('use', () => this.use())),
      this.asking,
      this.label('text', this.text),
      make(page, 'div', {class: 'rd-line'}, this.caption),
      make(page, 'div', {class: 'rd-line'}, this.label('saved', this.saved), this.button('load', () => this.load()), this.label('name', this.name), makeTicked(page, say('webui.over'), say('webui.over.help'), this.over), this.button('save', () => this.save())),
      this.said,
      make(page, 'small', {class: 'rd-note rd-version'}, `Region Diffusion ${app.start_.version}`),
    );
  }

  /** @param {string} key @param {HTMLElement} control */
  label(key, control) {
    const {page, say} = this.app;
    return makeLabelled(page, say(`webui.${key}`), say(`webui.${key}.help`), control);
  }

  /** @param {string} key @param {() => unknown} press */
  button(key, press) {
    const {app} = this;
    return makeButton(app.page, key, app.say(`webui.${key}`), () => app.guard(press));
  }

  async enter() {
    const {app} = this;
    this.tell('');
    this.show();
    this.list((await app.asker.ask(() => ({do: 'list'}))).saved);
  }

  /** Show the palette's text, and what can be done with it. */
  async refresh() {
    this.show();
    this.caption.hidden = !(await this.app.typed.look()).caption;
  }

  /** Show the text, which needs nobody's answer. */
  show() {
    const {tab} = this.app;
    if (this.text.value !== tab.text) this.text.value = tab.text;
  }

  /** Carry what is typed into the palette's text. */
  write() {
    this.tell('');
    this.app.tab.text = this.text.value;
  }

  /** The names of saved palettes. @param {string[]} names @param {string} [chosen] */
  list(names, chosen = this.saved.value) {
    const {page, say} = this.app;
    const none = make(page, 'option', {value: ''}, say('webui.saved.none'));
    this.saved.replaceChildren(none, ...names.map((name) => make(page, 'option', {value: name}, name)));
    this.saved.value = names.includes(chosen) ? chosen : '';
  }

  async use() {
    const name = this.preset.value;
    await this.offer(await this.ask({do: 'preset', name}), {name: '', said: this.app.say('webui.loaded', {name})});
  }

  async load() {
    const name = this.saved.value;
    await this.offer(await this.ask({do: 'load', name}), {name, said: this.app.say('webui.loaded', {name})}, 'webui.saved');
  }

  async save() {
    const name = this.name.value;
    const said = await this.ask({do: 'save', name, replace: this.over.checked});
    if (this.fail(said, 'webui.name')) return;
    this.list(said.saved, said.name);
    this.tell(this.app.say('webui.saved.done', {name: said.name}));
  }

  /** Ask about the text as it is, once all that was done is in it; once more where one that would be replaced has changed meanwhile. @param {object} question @returns {Promise<any>} */
  async ask(question) {
    const {app} = this;
    this.tell('');
    app.editor.seal();
    await app.mailbox.busy;
    for (;;) {
      let text = '';
      const said = await app.asker.ask(() => ({...question, text: (text = app.tab.text)}));
      if (said.text === undefined || app.tab.text === text) return said;
    }
  }

  /** Have a text, after a question where it would replace a person's own that no undo brings back. @param {any} said @param {{name: string, said: string}} how @param {string} [label] */
  async offer(said, how, label = 'webui.preset') {
    if (this.fail(said, label)) return;
    this.offered = {text: said.text, ...how};
    if (!said.own || this.app.kind === 'palette') return this.replace(said.own);
    this.asking.hidden = false;
  }

  /** Have what is offered, switched on. @param {boolean} [painted] whether it takes the place of brushes, which can come back */
  async replace(painted = false) {
    const {app, offered} = this;
    this.tell('');
    if (!offered) return;
    app.tab.text = offered.text;
    app.tab.turn(true);
    app.mailbox.look();
    if (offered.name) this.name.value = offered.name;
    await app.mailbox.busy;
    this.tell(offered.said);
    this.undo.hidden = !painted || app.kind !== 'palette';
  }

  /** Have back the brushes that something has taken the place of. */
  bringBack() {
    this.tell('');
    this.app.editor.undo();
  }

  /** Have the picture under the brushes described by the WebUI; what is typed meanwhile stays. */
  async describe() {
    const {app, caption} = this;
    this.tell('');
    const then = app.tab.text;
    caption.disabled = true;
    try {
      const {words, notice} = await app.asker.askSlowly(() => ({do: 'caption', text: then}));
      if (words === null) return this.tell(notice.message, 'bad');
      const said = await app.typed.change((text) => ({do: 'insert', text, words, then}));
      this.tell((said.notice ?? notice).message, said.notice ? 'bad' : '');
    } finally {
      caption.disabled = false;
    }
  }

  /** Tell what is wrong, if something is. @param {any} said @param {string} label of the field that names a file */
  fail(said, label) {
    if (!said.problems) return false;
    const lines = said.problems.slice(0, MOST).map((/** @type {{path: string, message: string}} */ {path, message}) => `${path === 'file' ? this.app.say(label) : path}: ${message}`);
    this.tell(lines.join('\n'), 'bad');
    return true;
  }

  /** Say something until the next act; what was asked is asked no more. @param {string} text @param {string} [kind] */
  tell(text, kind = '') {
    this.offered = null;
    this.asking.hidden = true;
    this.words.textContent = text;
    this.undo.hidden = true;
    this.said.hidden = !text;
    this.said.dataset.kind = kind;
  }
}
