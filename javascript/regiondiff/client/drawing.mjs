// Drawing: one job at a time is sent, followed and shown; the last pictures stay, each with its palette.

/** @import {App, Picture} from '../page/app.mjs' */
/** @import {Job} from './server_client.mjs' */
/** @import {KeptPicture} from '../keeping/slots.mjs' */

const MOST = 24; // pictures that are kept

export class Drawing {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Job | null} */
    this.job = null;
    /** @type {Picture[]} the newest first */
    this.pictures = [];
    /** @type {Picture | null} */
    this.shown = null;
    /** @type {unknown} */
    this.background = null;
    /** @type {AbortController | null} */
    this.stopper = null;
    this.stopping = false;
  }

  /** Begin, or stop what runs. */
  toggle() {
    return this.job ? this.stop() : this.draw();
  }

  /** End what runs, whether the server answers or not. */
  stop() {
    const id = this.job?.job;
    this.stopping = true;
    if (id && !this.job?.gone) this.app.client.cancel(id).catch(() => this.stopper?.abort());
    else this.stopper?.abort();
  }

  /** @param {Record<string, unknown>} [changes] other settings, for one picture */
  async draw(changes) {
    const {app} = this;
    app.toasts.clear();
    app.editor.seal();
    this.stopper = new AbortController();
    this.stopping = false;
    this.set({job: '', state: 'queued'});
    try {
      const {draw} = await import('./job.mjs');
      await draw(this, this.stopper.signal, changes);
    } finally {
      this.set(null);
      app.keeper.later();
    }
  }

  /** @param {Picture | null} picture */
  show(picture) {
    this.shown = picture;
    this.app.stage.setPicture(picture?.image ?? null);
    this.app.run_.refreshPictures();
  }

  /** @param {{id: string, seed: number, palette: any, blob: Blob, state: Picture['state']}} made */
  async add(made) {
    if (this.pictures.some(({id}) => id === made.id)) return;
    const picture = {...made, address: URL.createObjectURL(made.blob), image: await createImageBitmap(made.blob)};
    for (const old of this.pictures.slice(MOST - 1)) URL.revokeObjectURL(old.address);
    this.pictures = [picture, ...this.pictures].slice(0, MOST);
    this.show(picture);
  }

  /** @param {KeptPicture[]} kept the newest first */
  async bringBack(kept) {
    for (const each of kept.toReversed()) await this.add({...each, state: null}).catch(() => {}); // one that is damaged is left out
  }

  /** @param {Job | null} job */
  set(job) {
    this.job = job;
    const {app} = this;
    app.bar.refreshJob();
    app.root.classList.toggle('rd-drawing', job !== null);
    if (job?.gone) app.tell(app.say('server.goneDrawing'), {topic: 'gone'});
    else if (job) app.toasts.clear('gone');
  }

  /** Show the palette's picture under the brushes. */
  async showBackground() {
    const url = this.app.editor.state.palette.background.image ?? null;
    if (url === this.background) return;
    this.background = url;
    const image = typeof url === 'string' ? await open(url).catch(() => null) : null;
    if (this.background === url) this.app.stage.setBackground(image);
  }
}

/** @param {string} address */
async function open(address) {
  const {openPicture} = await import('../files/pictures.mjs');
  return openPicture(await (await fetch(address)).blob());
}

/** @param {string} address */
export async function decode(address) {
  return createImageBitmap(await (await fetch(address)).blob());
}
