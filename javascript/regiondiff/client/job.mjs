// A job: sent to the server, followed through dropped connections and a server that is started anew, and shown as it goes on.

import '../strings_later.mjs';
import {isGone} from '../page/later.mjs';
import {readSent} from './sent.mjs';
import {decode} from './drawing.mjs';
import {describe, findBrush} from './places.mjs';
import {Refusal} from './server_client.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {State} from '../document/types.d.ts' */
/** @import {Drawing} from './drawing.mjs' */
/** @import {Job, ServerClient} from './server_client.mjs' */
/** @typedef {{palette: unknown, count: number}} Order */

const RETRY = 1000; // milliseconds between attempts to reach a server that does not answer
const SILENCE = 6000; // milliseconds without a message after which the server counts as gone
const MOST_LOST = 3; // times that a server may lose a job before the page gives up

/** Draw the document as it is now, or one picture of it with other settings. @param {Drawing} drawing @param {AbortSignal} signal @param {Record<string, unknown>} [changes] */
export async function draw(drawing, signal, changes) {
  const {app, shown: before} = drawing;
  const {state} = app.editor;
  const told = new Preview(drawing, state);
  try {
    const {palette, ids} = await readSent(app);
    const order = {palette: {.../** @type {any} */ (palette), ...changes}, count: changes ? 1 : app.count};
    const job = await render(drawing, order, (now) => void told.follow(now), signal).catch(refuse);
    await told.ended;
    if (job.state !== 'done') drawing.show(drawing.shown ?? before);
    if (job.state === 'failed' && job.error) await tellFault(app, job.error, ids);
  } catch (error) {
    drawing.show(before);
    if (signal.aborted) return;
    if (isGone(error)) app.tellGone();
    else app.tell(/** @type {Error} */ (error).message);
  }
}

/** A job that the server did not take. @param {unknown} error @returns {Job} */
function refuse(error) {
  if (!(error instanceof Refusal)) throw error;
  return {job: '', state: 'failed', error};
}

/** Say what is wrong, and go there. @param {App} app @param {{path: string, message: string}} fault @param {string[]} ids of the brushes that were sent */
async function tellFault(app, fault, ids) {
  app.tell(describe(app, fault, ids));
  if (fault.path) await app.jumpTo({path: fault.path, brush: findBrush(fault.path, ids)});
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
    const {app} = this.drawing;
    for (const made of job.pictures ?? []) await this.add(made);
    if (job.state !== 'drawing' || !job.preview || job.preview === this.told) return;
    this.told = job.preview;
    app.stage.setPicture(await decode(job.preview));
  }

  /** @param {{id: string, url: string, seed: number, palette: any}} made */
  async add({id, url, seed, palette}) {
    const {drawing} = this;
    if (drawing.pictures.some((each) => each.id === id)) return;
    const blob = await (await drawing.app.client.fetch(url, {})).blob();
    await drawing.add({id, seed, palette, blob, state: this.state});
  }
}

/** Draw, again where a server that was started anew knows nothing of it, or gave it up while it could not be reached. @param {Drawing} drawing @param {Order} order @param {(job: Job) => void} told @param {AbortSignal} signal @returns {Promise<Job>} the last state */
async function render(drawing, order, told, signal) {
  for (let times = 0; ; times += 1) {
    const job = await renderOnce(drawing.app.client, order, told, signal);
    const lost = job.state === 'lost' || (job.state === 'cancelled' && !drawing.stopping);
    if (!lost || times >= MOST_LOST) return lost ? {...job, state: 'failed'} : job;
  }
}

/** @param {ServerClient} client @param {Order} order @param {(job: Job) => void} told @param {AbortSignal} signal @returns {Promise<Job>} */
async function renderOnce(client, order, told, signal) {
  /** @type {Job} */
  let job = await client.post('api/render', order, signal);
  told(job);
  while (!isOver(job)) {
    job = await follow(client, job, told, signal);
    if (!isOver(job)) job = await find(client, job, told, signal);
  }
  return job;
}

/** Listen until the socket closes. @param {ServerClient} client @param {Job} job @param {(job: Job) => void} told @param {AbortSignal} signal @returns {Promise<Job>} */
function follow(client, job, told, signal) {
  return new Promise((resolve) => {
    const address = client.url(`api/jobs/${job.job}/events`);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address, ['regiondiff.1', `ticket.${client.ticket}`]);
    let last = performance.now();
    const watch = setInterval(() => performance.now() - last > SILENCE && socket.close(), 1000);
    signal.addEventListener('abort', () => socket.close(), {once: true});
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

/** A job after its socket closed, once the server answers. @param {ServerClient} client @param {Job} job @param {(job: Job) => void} told @param {AbortSignal} signal @returns {Promise<Job>} */
async function find(client, job, told, signal) {
  for (;;) {
    if (signal.aborted) return {...job, state: 'cancelled'};
    try {
      return {...job, ...(await client.get(`api/jobs/${job.job}`)), gone: false};
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return {...job, gone: false, state: 'lost', error: {path: '', message: error.message}};
      if (!(error instanceof Refusal)) told({...job, gone: true});
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

/** @param {Job} job */
function isOver(job) {
  return ['done', 'failed', 'cancelled', 'lost'].includes(job.state);
}
