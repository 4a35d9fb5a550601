// What lies below the brushes: the palette's own picture, or the one that img2img starts from, and over it the tab's last result.

import {openPicture} from '../files/pictures.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @typedef {{url: string | null, show(image: ImageBitmap | null): void}} Layer */

const CALM = 250; // milliseconds without a change of the WebUI's pictures after which they are looked at
const NEAR = 0.02; // by how much the aspect of a result may differ; grids of several pictures differ by more

export class Below {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    this.timer = 0;
    this.wanted = true; // whether the last result shows
    /** @type {Layer} */
    this.under = {url: null, show: (image) => app.stage.setBackground(image)};
    /** @type {Layer} */
    this.result = {url: null, show: (image) => app.stage.setPicture(image)};
  }

  /** Follow the WebUI's pictures. @param {AbortSignal} signal */
  listen(signal) {
    const watcher = new MutationObserver(() => this.later());
    for (const place of this.app.tab.picturePlaces()) watcher.observe(place, {childList: true, subtree: true, attributes: true, attributeFilter: ['src', 'class', 'style']});
    signal.addEventListener('abort', () => (watcher.disconnect(), clearTimeout(this.timer)));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(), CALM);
  }

  look() {
    const {tab, editor} = this.app;
    const own = editor.state.palette.background.image;
    this.put(this.under, typeof own === 'string' ? own : (tab.findStart()?.src ?? null));
    const last = this.wanted ? tab.findResult((picture) => this.fits(picture)) : null;
    this.put(this.result, last?.src ?? null);
    this.app.dock.look();
  }

  /** @param {HTMLImageElement} picture whether it is one of the canvas, and not several in a grid */
  fits({naturalWidth, naturalHeight}) {
    const {width, height} = this.app.editor.size;
    return naturalHeight > 0 && Math.abs((naturalWidth / naturalHeight) * (height / width) - 1) < NEAR;
  }

  /** Show the last result, or do not. @param {boolean} wanted */
  want(wanted) {
    this.wanted = wanted;
    this.look();
  }

  /** @param {Layer} layer @param {string | null} url */
  async put(layer, url) {
    if (layer.url === url) return;
    layer.url = url;
    const image = url ? await fetchPicture(url).catch(() => null) : null; // one that is gone does not show
    if (layer.url === url) layer.show(image);
  }
}

/** @param {string} url */
async function fetchPicture(url) {
  return openPicture(await (await fetch(url)).blob());
}
