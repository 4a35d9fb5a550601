// Typed regions: the switch and the options that a palette's text has of them; the program behind the WebUI reads and writes it.

import {HostControls} from './host_controls.mjs';
import {readAround} from './around.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @import {Asker} from './asking.mjs' */
/** @typedef {{split: string, layout: string, ratios: string, common: boolean, feather: number}} Options */
/** @typedef {{typed: boolean, options: Options, caption: boolean}} Facts what a text says of typed regions, and whether its picture can be described */

/** @type {WeakMap<Document, Set<Typed>>} those of all tabs of a page */
const fellows = new WeakMap();

export class Typed {
  /** @param {AccordionApp} app @param {Asker} asker */
  constructor(app, asker) {
    this.app = app;
    this.asker = asker;
    this.controls = new HostControls(app.page, app.tab.name);
    this.fellows = fellows.get(app.page) ?? new Set();
    /** The text that comes back when the switch goes off; linked tabs have one. */
    this.kept = [...this.linked][0]?.kept ?? '';
    fellows.set(app.page, this.fellows.add(this));
    /** @type {{text: string, facts: Facts} | null} */
    this.known = null;
    /** @type {Options | null} chosen, and perhaps not written yet */
    this.wanted = null;
  }

  /** Those that have the same text. */
  get linked() {
    return this.app.links.isLinked ? this.fellows : new Set(/** @type {Typed[]} */ ([this]));
  }

  /** What the palette's text says. @returns {Promise<Facts>} */
  async look() {
    const {text} = this.app.tab;
    if (this.known?.text === text) return this.known.facts;
    const facts = /** @type {Facts} */ (await this.asker.ask(() => ({do: 'read', text})));
    if (!facts.typed && this.known) facts.options = this.known.facts.options; // a palette leaves the options alone
    this.known = {text, facts};
    return facts;
  }

  /** Switch regions of the prompt on, or have back what they took the place of. @param {boolean} on */
  async turn(on) {
    const {options} = await this.look();
    const said = await this.change((text) => ({do: 'turn', on, text, kept: this.kept, options}));
    if (on || !said.text.trim()) this.app.tab.turn(on);
  }

  /** Have other options; of several that come in a row the last one counts. @param {Options} options */
  async choose(options) {
    const waits = this.wanted !== null;
    this.wanted = options;
    if (waits) return;
    try {
      for (let written = null; written !== this.wanted; ) {
        const wanted = (written = this.wanted);
        await this.change((text) => ({do: 'write', text, options: wanted}));
      }
    } finally {
      this.wanted = null;
    }
  }

  /** Have the regions as brushes. @returns {Promise<boolean>} whether they are now */
  async spell() {
    const said = await this.change((text) => ({do: 'spell', text, around: readAround(this.controls)}));
    return !said.problems;
  }

  /** Ask for another text, and have it; once more where the text has changed meanwhile. @param {(text: string) => object} make @returns {Promise<any>} */
  async change(make) {
    const {app} = this;
    for (;;) {
      let text = '';
      const said = await this.asker.ask(() => make((text = app.tab.text)));
      if (app.tab.text !== text) continue;
      if (said.kept !== undefined) for (const each of this.linked) each.kept = said.kept; // at once: the next question is about to be made
      if (typeof said.text === 'string' && said.text !== text) app.tab.text = said.text;
      app.mailbox.look();
      return said;
    }
  }
}
