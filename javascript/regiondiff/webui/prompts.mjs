// Prompts of brushes in the WebUI: its cards and styles, and the tag completion of others, work on the one that has the focus, as on its own prompts.

import {until} from './host_controls.mjs';

/** @import {Workbench} from '../page/workbench.mjs' */
/** @import {Inspector} from '../panel/inspector.mjs' */
/** @typedef {{name: string, prompt: HTMLTextAreaElement | null}} Tab the WebUI's tab whose cards write, and its main prompt */

/** What every page of the hosts has, and what tag completion adds. @type {{updateInput(target: HTMLElement): void, addAutocompleteToArea?: (field: HTMLElement) => void}} */
const host = /** @type {any} */ (globalThis);

const SETTLE = 120; // milliseconds after which the WebUI has what was written into its fields
const ANSWERS = 10_000; // milliseconds in which it writes styles out

export class Prompts {
  /** @param {Workbench & {inspector: Inspector}} app @param {Tab} tab */
  constructor(app, tab) {
    this.app = app;
    this.tab = tab;
    /** @type {HTMLTextAreaElement | null} the prompt of ours that had the focus last of all prompts */
    this.active = null;
    /** @type {{text: string, field: HTMLTextAreaElement} | null} the main prompt while a card works on one of ours in its place */
    this.lent = null;
    this.styling = false;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const {page, root} = this.app;
    const focus = (/** @type {Event} */ {target}) => this.focus(/** @type {HTMLElement} */ (target));
    const around = page.getElementById(`tab_${this.tab.name}`);
    for (const place of around?.contains(root) ? [around] : [around, root]) place?.addEventListener('focusin', focus, {signal});
    const leave = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail !== this && (this.active = null); // another surface has it
    page.addEventListener('regiondiff-prompt', leave, {signal});
    const cards = page.getElementById(`${this.tab.name}_extra_tabs`);
    cards?.addEventListener('click', ({target}) => this.lend(/** @type {HTMLElement} */ (target)), {capture: true, signal});
    cards?.addEventListener('click', () => this.takeBack(), {signal});
    this.button?.addEventListener('click', (event) => this.pressStyles(event), {capture: true, signal});
  }

  /** Writes the chosen styles out. */
  get button() {
    return this.app.page.getElementById(`${this.tab.name}_style_apply`);
  }

  /** @returns {HTMLElement[]} the styles that are chosen in the WebUI's menu */
  get styles() {
    return [...this.app.page.querySelectorAll(`#${this.tab.name}_styles .token`)].map((each) => /** @type {HTMLElement} */ (each));
  }

  /** The prompt that what is pressed writes into; null where it is the main one. */
  get target() {
    return this.active?.isConnected && !this.active.closest('[hidden]') ? this.active : null;
  }

  /** Styles that are written out while a brush's prompt had the focus last are written into that. @param {Event} event */
  pressStyles(event) {
    if (this.styling || !this.target?.closest('.rd-inspector') || !this.styles.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void this.app.guard(() => this.writeStyles());
  }

  /** Have the WebUI write the chosen styles into the active brush, by way of its own prompts. */
  async writeStyles() {
    const {app, tab, button} = this;
    const negative = /** @type {HTMLTextAreaElement | null} */ (app.page.querySelector(`#${tab.name}_neg_prompt textarea`));
    const brush = app.findBrush(app.selection.get());
    if (!tab.prompt || !negative || !button || !brush) return;
    const fields = [tab.prompt, negative];
    const before = fields.map(({value}) => value);
    const lent = [brush.prompt, String(brush.negative ?? before[1])];
    let written = lent;
    this.styling = true;
    try {
      write(fields, lent);
      await new Promise((go) => setTimeout(go, SETTLE));
      button.click();
      if (!(await until(() => !this.styles.length, ANSWERS))) throw new Error(app.say('webui.styles'));
      written = fields.map(({value}) => value);
    } finally {
      this.styling = false;
      write(fields, before);
    }
    ['prompt', 'negative'].forEach((name, at) => written[at] !== lent[at] && app.setField(brush.id, name, written[at]));
    app.editor.seal();
    app.inspector.refresh();
  }

  /** @param {HTMLElement} field */
  focus(field) {
    if (!field.matches('textarea')) return;
    const ours = this.app.root.contains(field);
    if (ours && field.matches('.prompt textarea')) {
      this.active = /** @type {HTMLTextAreaElement} */ (field);
      this.app.page.dispatchEvent(new CustomEvent('regiondiff-prompt', {detail: this}));
      this.tab.prompt?.dispatchEvent(new Event('focus')); // where the WebUI's cards write
      if (this.tab.prompt?.classList.contains('autocomplete')) host.addAutocompleteToArea?.(field);
    } else if (!ours) this.active = null;
  }

  /** Before a card's own handler writes into the main prompt: have our text there. @param {HTMLElement} pressed */
  lend(pressed) {
    const main = this.tab.prompt;
    const writes = pressed.closest('[onclick*="cardClicked("]') && !pressed.closest('.button-row');
    if (!main || !writes || !this.target) return;
    this.lent = {text: main.value, field: this.target};
    main.value = this.target.value;
  }

  /** After it: what it wrote belongs to the field. */
  takeBack() {
    const {lent} = this;
    const main = this.tab.prompt;
    this.lent = null;
    if (!lent || !main) return;
    lent.field.value = main.value;
    main.value = lent.text;
    host.updateInput(main);
    lent.field.dispatchEvent(new Event('input', {bubbles: true}));
  }
}

/** @param {HTMLTextAreaElement[]} fields of the WebUI @param {string[]} texts */
function write(fields, texts) {
  fields.forEach((field, at) => {
    field.value = texts[at];
    host.updateInput(field);
  });
}
