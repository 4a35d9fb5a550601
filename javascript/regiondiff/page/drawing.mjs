// Drawing: one job at a time is sent, followed and shown; the last pictures stay, each with its document.

import {toPalette} from '../document/palette_json.mjs';
import {Refusal} from './server_client.mjs';

/** @import {App, Picture} from './app.mjs' */
/** @import {Job} from './server_client.mjs' */

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
    this.told = '';
  }

  /** Begin, or stop what runs. */
  toggle() {
    if (this.job) return this.stop();
    return this.draw();
  }

  stop() {
    const id = this.job?.job;
    if (id) this.app.guard(() => this.app.client.cancel(id));
  }

  async draw() {
    const {app} = this;
    const {state} = app.editor;
    const before = this.shown;
    app.toasts.replaceChildren();
    this.set({job: '', state: 'queued'});
    try {
      const job = await app.client.render(await toPalette(state), app.count, (now) => this.follow(now, state));
      if (job.state !== 'done') await this.show(before);
      if (job.state === 'failed') app.tell(job.error?.message === 'lost' ? app.say('server.lost') : say(job.error));
    } catch (error) {
      await this.show(before);
      app.tell(error instanceof Refusal ? error.message : app.say('server.gone'));
      if (error instanceof Refusal && error.path) app.jumpTo({path: error.path});
    } finally {
      this.set(null);
    }
  }

  /** @param {Job} job @param {import('../document/types.d.ts').State} state */
  async follow(job, state) {
    this.set(job);
    if (job.preview && job.preview !== this.told && job.state === 'drawing') {
      this.told = job.preview;
      const image = await decode(job.preview);
      if (this.job) this.app.stage.setPicture(image);
    }
    const known = new Set(this.pictures.map(({id}) => id));
    for (const made of (job.pictures ?? []).filter(({id}) => !known.has(id))) await this.add(made, state);
  }

  /** @param {{id: string, url: string, seed: number, palette: any}} made @param {import('../document/types.d.ts').State} state */
  async add(made, state) {
    const address = String(this.app.client.url(made.url));
    const picture = {...made, address, state, image: await decode(address)};
    if (this.pictures.some(({id}) => id === made.id)) return;
    this.pictures = [picture, ...this.pictures].slice(0, MOST);
    await this.show(picture);
  }

  /** @param {Picture | null} picture */
  async show(picture) {
    this.shown = picture;
    this.app.stage.setPicture(picture?.image ?? null);
    this.app.run_.refreshPictures();
  }

  /** @param {Job | null} job */
  set(job) {
    this.job = job;
    const {app} = this;
    app.bar.refreshJob();
    app.root.classList.toggle('rd-drawing', job !== null);
    if (!job) return;
    if (job.gone) app.tell(app.say('server.gone'));
    else if (app.toasts.textContent?.startsWith(app.say('server.gone'))) app.toasts.replaceChildren();
  }

  /** Show the palette's picture under the brushes. */
  async showBackground() {
    const url = this.app.editor.state.palette.background.image ?? null;
    if (url === this.background) return;
    this.background = url;
    const image = typeof url === 'string' ? await decode(url).catch(() => null) : null;
    if (this.background === url) this.app.stage.setBackground(image);
  }
}

/** @param {string} address */
async function decode(address) {
  return createImageBitmap(await (await fetch(address)).blob());
}

/** @param {{path: string, message: string} | null | undefined} error */
function say(error) {
  return [error?.path, error?.message].filter(Boolean).join(': ');
}
