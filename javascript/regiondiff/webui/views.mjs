// The views beside the canvas, Type and JSON: made when they are first looked at.

import {make} from '../stage/bars/dom.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @import {View} from './frame.mjs' */
/** @typedef {{root: HTMLElement, refresh(): Promise<void>, enter?(): Promise<void>}} Made */

/** @type {Record<string, (app: AccordionApp) => Promise<Made>>} */
const MAKERS = {
  type: async (app) => new (await import('./type_view.mjs')).TypeView(app),
  json: async (app) => new (await import('./text_view.mjs')).TextView(app),
};

export class Views {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    /** @type {View} */
    this.view = 'paint';
    /** @type {Map<View, Made>} */
    this.made = new Map();
    this.root = make(app.page, 'div', {class: 'rd-view'});
  }

  /** @param {View} view */
  async show(view) {
    const {app, made, root} = this;
    this.view = view;
    if (!MAKERS[view]) return root.replaceChildren();
    if (!made.has(view)) made.set(view, await MAKERS[view](app));
    if (this.view !== view) return; // another one is wanted meanwhile
    const one = /** @type {Made} */ (made.get(view));
    root.replaceChildren(one.root);
    await one.enter?.();
    await one.refresh();
  }

  /** The palette's text is another one. */
  refresh() {
    const one = this.made.get(this.view);
    if (one?.root.isConnected) void this.app.guard(() => one.refresh());
  }
}
