// The server, as the page asks it: requests with a ticket, and jobs that are followed through dropped connections.

/** @typedef {{job: string, state: string, position?: number, eta?: number | null, step?: number, steps?: number, count?: number, preview?: string | null, pictures?: {id: string, url: string, seed: number, palette: any}[], error?: {path: string, message: string} | null, gone?: boolean}} Job */

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

  /** @param {string} job */
  cancel(job) {
    return this.post(`api/jobs/${job}/cancel`, {});
  }
}
