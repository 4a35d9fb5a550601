// Prompts of brushes in the WebUI: its cards and the tag completion of others work on the one that has the focus, as on its own prompts.

/** @import {Workbench} from '../page/workbench.mjs' */
/** @typedef {{name: string, prompt: HTMLTextAreaElement | null}} Tab the WebUI's tab whose cards write, and its main prompt */

/** What every page of the hosts has, and what tag completion adds. @type {{updateInput(target: HTMLElement): void, addAutocompleteToArea?: (field: HTMLElement) => void}} */
const host = /** @type {any} */ (globalThis);

export class Prompts {
  /** @param {Workbench} app @param {Tab} tab */
  constructor(app, tab) {
    this.app = app;
    this.tab = tab;
    /** @type {HTMLTextAreaElement | null} the prompt of ours that had the focus last of all prompts */
    this.active = null;
    /** @type {{text: string, field: HTMLTextAreaElement} | null} the main prompt while a card works on one of ours in its place */
    this.lent = null;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const {page, root} = this.app;
    const focus = (/** @type {Event} */ {target}) => this.focus(/** @type {HTMLElement} */ (target));
    for (const place of [page.getElementById(`tab_${this.tab.name}`), root]) place?.addEventListener('focusin', focus, {signal});
    const leave = (/** @type {Event} */ event) => /** @type {CustomEvent} */ (event).detail !== this && (this.active = null); // another surface has it
    page.addEventListener('regiondiff-prompt', leave, {signal});
    const cards = page.getElementById(`${this.tab.name}_extra_tabs`);
    cards?.addEventListener('click', ({target}) => this.lend(/** @type {HTMLElement} */ (target)), {capture: true, signal});
    cards?.addEventListener('click', () => this.takeBack(), {signal});
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
    if (!main || !writes || !this.active?.isConnected || this.active.closest('[hidden]')) return;
    this.lent = {text: main.value, field: this.active};
    main.value = this.active.value;
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
