// Prompts of brushes in the WebUI: its cards and the tag completion of others work on the one that has the focus, as on its own prompts.

/** @import {AccordionApp} from './accordion_app.mjs' */

/** What every page of the hosts has, and what tag completion adds. @type {{updateInput(target: HTMLElement): void, addAutocompleteToArea?: (field: HTMLElement) => void}} */
const host = /** @type {any} */ (globalThis);

export class Prompts {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    /** @type {HTMLTextAreaElement | null} the brush's prompt that had the focus last of all prompts */
    this.active = null;
    /** @type {{text: string, brush: HTMLTextAreaElement} | null} the main prompt while a card works on a brush's in its place */
    this.lent = null;
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const {page, tab} = this.app;
    page.getElementById(`tab_${tab.name}`)?.addEventListener('focusin', ({target}) => this.focus(/** @type {HTMLElement} */ (target)), {signal});
    const cards = page.getElementById(`${tab.name}_extra_tabs`);
    cards?.addEventListener('click', ({target}) => this.lend(/** @type {HTMLElement} */ (target)), {capture: true, signal});
    cards?.addEventListener('click', () => this.takeBack(), {signal});
  }

  /** @param {HTMLElement} field */
  focus(field) {
    if (!field.matches('textarea')) return;
    if (this.app.root.contains(field) && field.matches('.prompt textarea')) {
      this.active = /** @type {HTMLTextAreaElement} */ (field);
      this.app.tab.prompt?.dispatchEvent(new Event('focus')); // where the WebUI's cards write
      if (this.app.tab.prompt?.classList.contains('autocomplete')) host.addAutocompleteToArea?.(field);
    } else if (!this.app.root.contains(field)) this.active = null;
  }

  /** Before a card's own handler writes into the main prompt: have the brush's text there. @param {HTMLElement} pressed */
  lend(pressed) {
    const main = this.app.tab.prompt;
    const writes = pressed.closest('[onclick*="cardClicked("]') && !pressed.closest('.button-row');
    if (!main || !writes || !this.active?.isConnected || this.app.selection.get() === null) return;
    this.lent = {text: main.value, brush: this.active};
    main.value = this.active.value;
  }

  /** After it: what it wrote belongs to the brush. */
  takeBack() {
    const {lent} = this;
    const main = this.app.tab.prompt;
    this.lent = null;
    if (!lent || !main) return;
    lent.brush.value = main.value;
    main.value = lent.text;
    host.updateInput(main);
    lent.brush.dispatchEvent(new Event('input', {bubbles: true}));
  }
}
