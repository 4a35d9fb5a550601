// The server, as the page asks it: requests with a ticket, and jobs that are followed through dropped connections.

/** @typedef {{job: string, state: string, position?: number, eta?: number | null, step?: number, steps?: number, count?: number, preview?: string | null, pictures?: {id: string, url: string, seed: number, palette: any}[], error?: {path: string, message: string} | null, gone?: boolean}} Job */

const RETRY = 1500; // milliseconds between attempts to reach a server that does not answer
const SILENCE = 6000; // milliseconds without a message after which the server counts as gone

/** What a server refuses, with the field that is meant. */
export class Refusal extends Error {
  /** @param {string} message @param {string} path @param {number} status @param {any[]} problems */
  constructor(message, path, status, problems = []) {
    super(message);
    this.path = path;
    this.status = status;
    this.problems = problems;
  }
}

export class ServerClient {
  /** @param {URL} base @param {string} ticket */
  constructor(base, ticket) {
    this.base = base;
    this.ticket = ticket;
  }

  /** @param {string} path */
  url(path) {
    return new URL(path, this.base);
  }

  /** @param {string} path */
  get(path) {
    return this.ask(path, {});
  }

  /** @param {string} path @param {unknown} body @param {AbortSignal} [signal] */
  post(path, body, signal) {
    return this.ask(path, {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}, signal});
  }

  /** @param {string} path @param {Blob} blob */
  upload(path, blob) {
    return this.ask(path, {method: 'POST', body: blob, headers: {'Content-Type': 'application/octet-stream'}});
  }

  /** A file that the server makes. @param {string} path @param {unknown} body @returns {Promise<Blob>} */
  async download(path, body) {
    const response = await this.fetch(path, {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}});
    return response.blob();
  }

  /** @param {string} path @param {RequestInit} how @returns {Promise<any>} */
  async ask(path, how) {
    return (await this.fetch(path, how)).json();
  }

  /** @param {string} path @param {RequestInit} how @param {boolean} [again] @returns {Promise<Response>} */
  async fetch(path, how, again = true) {
    const response = await fetch(this.url(path), {...how, headers: {...how.headers, 'X-Regiondiff-Ticket': this.ticket}});
    if (response.ok) return response;
    if (response.status === 401 && again) {
      await this.renew();
      return this.fetch(path, how, false);
    }
    const {error, problems} = await response.json().catch(() => ({}));
    throw new Refusal(error?.message ?? response.statusText, error?.path ?? '', response.status, problems);
  }

  /** Take a new ticket, as the server may have been started anew. */
  async renew() {
    const text = await (await fetch(this.url('./'))).text();
    this.ticket = new DOMParser().parseFromString(text, 'text/html').querySelector('meta[name="rd-ticket"]')?.getAttribute('content') ?? '';
  }

  /**
   * Draw a palette and follow it to its end.
   * @param {unknown} palette @param {number} count @param {(job: Job) => void} told @returns {Promise<Job>} the last state
   */
  async render(palette, count, told) {
    /** @type {Job} */
    let job = await this.post('api/render', {palette, count});
    told(job);
    while (!isOver(job)) {
      job = await this.follow(job, told);
      if (!isOver(job)) job = await this.find(job, told);
    }
    return job;
  }

  /** Listen until the socket closes. @param {Job} job @param {(job: Job) => void} told @returns {Promise<Job>} */
  follow(job, told) {
    return new Promise((resolve) => {
      const address = this.url(`api/jobs/${job.job}/events`);
      address.protocol = address.protocol.replace('http', 'ws');
      const socket = new WebSocket(address, ['regiondiff.1', `ticket.${this.ticket}`]);
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

  /** A job after its socket closed, once the server answers. @param {Job} job @param {(job: Job) => void} told @returns {Promise<Job>} */
  async find(job, told) {
    for (;;) {
      try {
        return {...job, ...(await this.get(`api/jobs/${job.job}`)), gone: false};
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return {...job, state: 'failed', error: {path: '', message: 'lost'}};
        told({...job, gone: true});
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }

  /** @param {string} job */
  cancel(job) {
    return this.post(`api/jobs/${job}/cancel`, {});
  }
}

/** @param {Job} job */
export function isOver(job) {
  return ['done', 'failed', 'cancelled'].includes(job.state);
}
