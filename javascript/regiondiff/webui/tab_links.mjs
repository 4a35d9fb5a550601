// The tab's link: pressed again, the tab's palette goes to txt2img and img2img, as an accordion's does.

import {Links} from './links.mjs';

/** @import {TabApp} from './tab_app.mjs' */

export class TabLinks extends Links {
  /** @param {TabApp} app */
  constructor(app) {
    super(/** @type {any} */ (app));
    this.tabApp = app;
  }

  toggle() {
    const {tab} = this.tabApp;
    const {text} = tab;
    if (this.isLinked) tab.own = text;
    super.toggle();
    if (!this.isLinked || !text.trim()) return;
    this.tabApp.tab.resize(this.tabApp.editor.size);
    tab.text = text;
    this.spread(text);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    super.listen(signal);
    this.tabApp.page.addEventListener('regiondiff-linked', () => this.relinked(), {signal});
  }

  /** An accordion's button was pressed: linked, the tab has txt2img's palette; parted, both keep what they have. */
  relinked() {
    const {tab, mailbox} = this.tabApp;
    if (!this.isLinked) tab.own = mailbox.known ?? '';
    else if (tab.text.trim()) mailbox.look();
  }
}
