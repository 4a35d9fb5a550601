// Autosave: the document lies in the browser's own database after each change, and comes back after a reload or a crash.

/** @import {State} from '../document/types.d.ts' */

const [BASE, STORE, KEY] = ['regiondiff', 'documents', 'last'];
const DELAY = 400; // milliseconds after a change

/** @param {'readonly' | 'readwrite'} mode @param {(store: IDBObjectStore) => IDBRequest} run @returns {Promise<any>} */
async function ask(mode, run) {
  /** @type {IDBDatabase} */
  const base = await settle(Object.assign(indexedDB.open(BASE, 1), {onupgradeneeded: (/** @type {any} */ event) => event.target.result.createObjectStore(STORE)}));
  try {
    return await settle(run(base.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    base.close();
  }
}

/** @param {IDBRequest} request @returns {Promise<any>} */
function settle(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Autosave {
  /** @param {{state: () => State, more: () => object, told: (status: 'saved' | 'full' | 'private' | 'elsewhere') => void, key?: string}} owner */
  constructor(owner) {
    this.owner = owner;
    this.key = owner.key ?? KEY;
    this.page = crypto.randomUUID?.() ?? String(Math.random());
    this.timer = 0;
    this.paused = false;
    this.channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`${BASE} ${this.key}`) : null;
    this.channel?.addEventListener('message', ({data}) => this.hear(data));
    addEventListener('pagehide', () => this.timer && this.save());
    document.addEventListener('visibilitychange', () => document.hidden && this.timer && this.save());
  }

  /** @param {{page: string}} data */
  hear(data) {
    if (data.page === this.page) return;
    this.paused = true; // the other page was changed last: do not write over it until this one is changed by hand
    this.owner.told('elsewhere');
  }

  /** What was kept, with what the page kept beside it; null for nothing. @returns {Promise<{state: State, more: any} | null>} */
  async load() {
    try {
      return (await ask('readonly', (store) => store.get(this.key))) ?? null;
    } catch {
      this.owner.told('private');
      return null;
    }
  }

  /** Save soon. */
  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), DELAY);
  }

  async save() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.paused = false;
    try {
      await ask('readwrite', (store) => store.put({state: this.owner.state(), more: this.owner.more()}, this.key));
      this.channel?.postMessage({page: this.page});
      this.owner.told('saved');
    } catch (error) {
      this.owner.told(error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'private');
    }
  }
}
