// A job: sent to the server, followed through dropped connections, and shown as it goes on.

import {toPalette} from '../document/palette_json.mjs';
import {decode} from './drawing.mjs';
import {Refusal} from './server_client.mjs';

/** @import {State} from '../document/types.d.ts' */
/** @import {Drawing} from './drawing.mjs' */
/** @import {Job, ServerClient} from './server_client.mjs' */

const RETRY = 1500; // milliseconds between attempts to reach a server that does not answer
const SILENCE = 6000; // milliseconds without a message after which the server counts as gone
const MOST = 24; // pictures that are kept

/** Draw the document as it is now. @param {Drawing} drawing */
export async function draw(drawing) {
  const {app, shown: before} = drawing;
  const {state} = app.editor;
  const told = new Preview(drawing, state);
  try {
    const job = await render(app.client, await toPalette(state), app.count, (now) => void told.follow(now));
    await told.ended;
    if (job.state !== 'done') await drawing.show(before);
    if (job.state === 'failed') app.tell(job.error?.message === 'lost' ? app.say('server.lost') : [job.error?.path, job.error?.message].filter(Boolean).join(': '));
  } catch (error) {
    await drawing.show(before);
    app.tell(error instanceof Refusal ? error.message : app.say('server.gone'));
    if (error instanceof Refusal && error.path) app.jumpTo({path: error.path});
  }
}

/** What a job shows, one after the other. */
class Preview {
  /** @param {Drawing} drawing @param {State} state the document that is drawn */
  constructor(drawing, state) {
    this.drawing = drawing;
    this.state = state;
    this.told = '';
    this.ended = Promise.resolve();
  }

  /** @param {Job} job */
  follow(job) {
    this.drawing.set(job);
    this.ended = this.ended.then(() => this.show(job));
  }

  /** @param {Job} job */
  async show(job) {
    for (const made of job.pictures ?? []) await this.add(made);
    if (job.state !== 'drawing' || !job.preview || job.preview === this.told) return;
    this.told = job.preview;
    this.drawing.app.stage.setPicture(await decode(job.preview));
  }

  /** @param {{id: string, url: string, seed: number, palette: any}} made */
  async add(made) {
    const {drawing} = this;
    if (drawing.pictures.some(({id}) => id === made.id)) return;
    const address = String(drawing.app.client.url(made.url));
    const picture = {...made, address, state: this.state, image: await decode(address)};
    drawing.pictures = [picture, ...drawing.pictures].slice(0, MOST);
    await drawing.show(picture);
  }
}

/**
 * Draw a palette and follow it to its end.
 * @param {ServerClient} client @param {unknown} palette @param {number} count @param {(job: Job) => void} told @returns {Promise<Job>} the last state
 */
async function render(client, palette, count, told) {
  /** @type {Job} */
  let job = await client.post('api/render', {palette, count});
  told(job);
  while (!isOver(job)) {
    job = await follow(client, job, told);
    if (!isOver(job)) job = await find(client, job, told);
  }
  return job;
}

/** Listen until the socket closes. @param {ServerClient} client @param {Job} job @param {(job: Job) => void} told @returns {Promise<Job>} */
function follow(client, job, told) {
  return new Promise((resolve) => {
    const address = client.url(`api/jobs/${job.job}/events`);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address, ['regiondiff.1', `ticket.${client.ticket}`]);
    let last = performance.now();
    const watch = setInterval(() => performance.now() - last > SILENCE && socket.close(), 1000);
    socket.onmessage = ({data}) => {
      last = performance.now();
      job = {...job, ...JSON.parse(data), gone: false};
      told(job);
    };
    socket.onclose = () => {
      clearInterval(watch);
      resolve(job);
    };
  });
}

/** A job after its socket closed, once the server answers. @param {ServerClient} client @param {Job} job @param {(job: Job) => void} told @returns {Promise<Job>} */
async function find(client, job, told) {
  for (;;) {
    try {
      return {...job, ...(await client.get(`api/jobs/${job.job}`)), gone: false};
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return {...job, state: 'failed', error: {path: '', message: 'lost'}};
      told({...job, gone: true});
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

/** @param {Job} job */
function isOver(job) {
  return ['done', 'failed', 'cancelled'].includes(job.state);
}
