// The mailbox: the document goes into the palette's text, which the WebUI carries to Python, and texts from elsewhere come out of it.

import {readSent} from '../client/sent.mjs';
import {fromPalette} from '../document/palette_reading.mjs';
import {expectSize} from '../document/sizes.mjs';
import {decodeInBrowser} from '../files/pictures.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */

const RESIZED = 300; // milliseconds after which a slider that was moved counts

export class Mailbox {
  /** @param {AccordionApp} app @param {import('./host_tab.mjs').HostTab} tab */
  constructor(app, tab) {
    this.app = app;
    this.tab = tab;
    /** @type {string | null} the text that the document is of */
    this.known = null;
    /** @type {Promise<unknown>} writes and reads in their order */
    this.busy = Promise.resolve();
    this.taking = 0; // changes that come from the WebUI and need not be told to it
    this.timer = 0;
  }

  /** Listen to what changes the palette or the size from elsewhere. @param {AbortSignal} signal */
  listen(signal) {
    const watcher = new MutationObserver(() => {
      this.look();
      this.app.judged();
    });
    watcher.observe(this.tab.preview, {childList: true, subtree: true, characterData: true});
    signal.addEventListener('abort', () => watcher.disconnect());
    this.tab.palette.addEventListener('input', () => this.look(), {signal});
    for (const side of /** @type {const} */ (['width', 'height'])) for (const field of this.tab.sides(side)) field.addEventListener('input', () => this.resizeLater(), {signal});
    for (const name of ['pointerenter', 'focusin']) this.app.root.addEventListener(name, () => this.look(), {signal});
  }

  /** @template Result @param {() => Promise<Result>} work @returns {Promise<Result>} */
  inTurn(work) {
    const done = this.busy.then(work);
    this.busy = done.catch(() => {});
    return done;
  }

  /** Write the document into the palette's text. @returns {Promise<void>} */
  write() {
    return this.inTurn(async () => {
      const {state} = this.app.editor;
      if (this.app.editor.session) return; // its end writes
      const text = isEmpty(state) ? '' : JSON.stringify((await readSent(this.app.asPage())).palette, null, 1);
      if (text === (this.known ?? this.tab.text)) return;
      this.known = text;
      this.tab.text = text;
      this.app.takeText();
      this.app.links.spread(text);
    });
  }

  /** Take what is in the palette's text and the size, where they are not what the document is of. */
  look() {
    if (this.app.editor.session) return;
    this.inTurn(async () => {
      const {text} = this.tab;
      if (text !== this.known) await this.read(text);
      await this.fit();
    }).catch((error) => this.app.tell(error.message));
  }

  /** @param {string} text */
  async read(text) {
    const begins = this.known === null;
    this.known = text;
    this.app.takeText();
    if (!begins || text.trim()) this.app.links.spread(text); // a tab that has nothing yet takes nothing from others
    const data = parse(text);
    this.app.setKind(data === null ? 'strange' : 'typed' in data ? 'typed' : 'palette');
    if (data === null || 'typed' in data) return;
    const {app} = this;
    const size = this.tab.size ?? app.editor.size;
    try {
      const state = text.trim() ? await fromPalette({...data, size: data.size ?? size}, app.services.schema, decodeInBrowser) : app.makeEmpty();
      this.take(() => app.replace(state, 'open'));
    } catch {
      app.setKind('strange'); // what is wrong with it the preview says
    }
  }

  /** Change the document as the WebUI has it. @param {() => unknown} change */
  take(change) {
    this.taking += 1;
    try {
      change();
    } finally {
      this.taking -= 1;
    }
  }

  resizeLater() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(), RESIZED);
  }

  /** Have the canvas in the picture's size; masks keep their share of it. */
  async fit() {
    const {app} = this;
    const wanted = this.tab.size;
    if (!wanted || (wanted.width === app.editor.size.width && wanted.height === app.editor.size.height)) return;
    try {
      expectSize(wanted, 'size');
    } catch {
      return; // a number that is being typed
    }
    const {resizeCanvas} = await import('../document/resizing.mjs');
    this.take(() => app.editor.step(resizeCanvas(app.editor.state, wanted), 'size', 'size'));
  }

  stop() {
    clearTimeout(this.timer);
  }
}

/** The object that a text is, {} for none, null for another text. @param {string} text @returns {Record<string, any> | null} */
function parse(text) {
  if (!text.trim()) return {};
  try {
    const data = JSON.parse(text);
    return data !== null && typeof data === 'object' && !Array.isArray(data) ? data : null;
  } catch {
    return null;
  }
}

/** Whether a document says nothing yet. @param {import('../document/types.d.ts').State} state */
export function isEmpty({palette, colour}) {
  const {brushes, background} = palette;
  return !brushes.length && !colour.tiles.size && !Object.entries(background).some(([, value]) => value);
}
