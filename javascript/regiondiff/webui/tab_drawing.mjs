// Drawing in the tab: the palette is handed to the WebUI's txt2img, which draws; its previews and pictures come back.

import {decode, Drawing} from '../client/drawing.mjs';
import {readFailures} from './failures.mjs';
import {HostJob} from './host_job.mjs';
import {findKept} from './tab_desk.mjs';

/** @import {TabApp} from './tab_app.mjs' */
/** @import {Job} from '../client/server_client.mjs' */
/** @import {Made} from './host_job.mjs' */

export class TabDrawing extends Drawing {
  /** @param {import('../page/app.mjs').App} app */
  constructor(app) {
    super(app);
    this.comparesElsewhere = true; // X/Y/Z plot has an axis of methods
    this.host = new HostJob(app.page, 'txt2img');
    this.seen = '';
    /** @type {Set<string>} the addresses of pictures that were taken */
    this.known = new Set();
    this.shows = Promise.resolve();
  }

  /** @returns {TabApp} */
  get tabApp() {
    return /** @type {TabApp} */ (/** @type {unknown} */ (this.app));
  }

  stop() {
    this.stopping = true;
    this.host.interrupt();
  }

  async draw() {
    const {app, tabApp} = this;
    app.toasts.clear();
    app.editor.seal();
    this.stopping = false;
    const before = this.shown;
    this.set({job: 'txt2img', state: 'queued'});
    try {
      const {state} = app.editor;
      const {palette, giveBack} = await tabApp.handOver();
      const {made, error} = await this.host.run((job) => this.tell(job), giveBack);
      await this.shows;
      if (error) this.tellFault(error);
      for (const url of this.host.listPictures()) this.known.add(url); // those that were cut are not looked for later
      for (const each of made.toReversed()) await this.take(each, palette, state);
      if (!made.length) this.show(before);
    } catch (error) {
      this.show(before);
      app.fail(error);
    } finally {
      this.set(null);
      app.keeper.later();
    }
  }

  /** Say what is wrong, with a way to the brush that is meant. @param {string} error */
  tellFault(error) {
    const {app} = this;
    const found = readFailures(error, /** @type {any} */ (app));
    const first = found.find(({brush}) => brush !== undefined);
    app.tell(found.map(({message}) => message).join('; '), {action: first && {label: app.say('webui.failed.show'), run: () => void app.jumpTo(first)}});
  }

  /** @param {Job} job */
  tell(job) {
    this.set(job);
    if (!job.preview || job.preview === this.seen) return;
    const seen = (this.seen = job.preview);
    this.shows = this.shows.then(async () => this.app.stage.setPicture(await this.findFirst(await decode(seen)))).catch(() => {}); // one that is gone already
  }

  /** The first picture of a preview; the WebUI shows those that it draws at once as a grid. @param {ImageBitmap} preview */
  async findFirst(preview) {
    const {width, height} = this.app.editor.size;
    const count = this.host.settings.show_progress_grid ? this.host.readNumber('batch_size') : 1;
    const [columns, rows] = findGrid(preview, width / height, count);
    return columns * rows > 1 ? createImageBitmap(preview, 0, 0, preview.width / columns, preview.height / rows) : preview;
  }

  /** @param {Made} made @param {any} palette @param {any} state */
  async take({url, seed}, palette, state) {
    this.known.add(url);
    const blob = await (await fetch(url)).blob();
    await this.add({id: url, seed, palette, blob, state});
  }

  /** Have the pictures that txt2img, img2img and Extras have made in the meantime, each with its palette. */
  async look() {
    if (this.job) return;
    for (const url of new HostJob(this.app.page, 'extras').listPictures().toReversed()) if (!this.known.has(url)) await this.takeMade(url).catch(() => {});
    for (const name of ['txt2img', 'img2img']) {
      const job = new HostJob(this.app.page, name);
      const fresh = job.bar ? [] : job.outcome().made.filter(({url}) => !this.known.has(url));
      for (const made of fresh.toReversed()) await this.takeFound(made).catch(() => {}); // one that is gone already
    }
  }

  /** A picture that tells of itself; without a palette in it, it is none of ours. @param {string} url */
  async takeMade(url) {
    this.known.add(url);
    const words = new TextDecoder('latin1').decode(await (await fetch(url)).arrayBuffer());
    if (findKept(words)) await this.takeFound({url, words, seed: Number(/[\n,] ?Seed: (\d+)/.exec(words)?.[1] ?? -1)});
  }

  /** @param {Made} made */
  async takeFound(made) {
    this.known.add(made.url);
    const kept = findKept(made.words);
    const palette = kept ? await this.tabApp.desk.unpack(kept) : null;
    await this.take(made, palette ?? {version: 1, size: this.app.editor.size, brushes: []}, null);
  }
}

/** Columns and rows of a grid of pictures with this aspect, as its own aspect tells. @param {{width: number, height: number}} grid @param {number} aspect @param {number} count @returns {[number, number]} */
export function findGrid({width, height}, aspect, count) {
  const shapes = Array.from({length: Math.max(1, count)}, (_, at) => /** @type {[number, number]} */ ([at + 1, Math.ceil(count / (at + 1)) || 1]));
  const miss = (/** @type {[number, number]} */ [columns, rows]) => Math.abs(Math.log(((width / columns) * rows) / height / aspect));
  return shapes.reduce((best, each) => (miss(each) < miss(best) - 1e-6 ? each : best));
}
