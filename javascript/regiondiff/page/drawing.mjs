// Drawing: one job at a time is sent, followed and shown; the last pictures stay, each with its document.

/** @import {App, Picture} from './app.mjs' */
/** @import {Job} from './server_client.mjs' */

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
    this.app.toasts.replaceChildren();
    this.set({job: '', state: 'queued'});
    try {
      const {draw} = await import('./job.mjs');
      await draw(this);
    } catch {
      this.app.tell(this.app.say('server.gone'));
    } finally {
      this.set(null);
    }
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
export async function decode(address) {
  return createImageBitmap(await (await fetch(address)).blob());
}
