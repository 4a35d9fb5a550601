// The tab's bar and foot: what our own page has, ways to the other tabs, and the WebUI's model.

import '../strings_tab.mjs';
import {Bar} from '../page/bar.mjs';
import {Status} from '../page/status.mjs';
import {TabLinks} from './tab_links.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {TabApp} from './tab_app.mjs' */

export const PLACES = /** @type {const} */ (['txt2img', 'img2img', 'inpaint', 'extras']);

export class TabBar extends Bar {
  /** @param {App} app */
  constructor(app) {
    super(app);
    this.send = this.makeMenu('tab.send', (button) => app.guard(async () => (await import('./tab_send.mjs')).openSend(app, button)));
    this.cards = this.makeMenu('tab.cards', () => app.guard(async () => (await import('./tab_cards.mjs')).openCards(/** @type {TabApp} */ (app))));
    this.root.querySelector('.rd-examples')?.after(this.cards);
    this.links = new TabLinks(/** @type {TabApp} */ (app));
    this.generate.before(this.links.button, this.send);
  }
}

export class TabStatus extends Status {
  refresh() {
    super.refresh();
    if (!this.app.checking.online) return;
    const model = /** @type {HTMLInputElement | null} */ (this.app.page.querySelector('#setting_sd_model_checkpoint input, #forge_ui_checkpoint input'))?.value;
    this.model.textContent = model ? this.app.say('tab.model', {model: model.replace(/ \[\w+\]$/, '')}) : this.app.say('tab.models');
  }
}
