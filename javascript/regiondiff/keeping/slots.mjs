// Slots: places of autosaved documents in the browser's own database. Each page has one to itself; masks are written only when they have changed.

import {createStore, delMany, get, getMany, keys, setMany} from '../vendor/idb-keyval.mjs';

/** @import {Mask, State} from '../document/types.d.ts' */
/** @typedef {{id: string, seed: number, palette: any, blob: Blob}} KeptPicture */
/** @typedef {{state: State, more: any, pictures: KeptPicture[]}} Work */
/** @typedef {{slot: string, page: string, time: number, palette: any, masks: [string, string][], colour: string, more: any, pictures: string[]}} Entry */

const NAME_OF_SLOT = 'regiondiff slot';
const PATIENCE = 600; // milliseconds for which a reloaded page waits until its own last self has let go
export const MOST = 6; // documents of closed pages that are kept

export class Slots {
  /** @param {string} key of the app among those of a page */
  constructor(key) {
    this.key = key;
    this.mark = `${NAME_OF_SLOT} ${key}`; // several apps of one page have one each
    this.store = createStore('regiondiff', 'documents');
    this.page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
    this.slot = '';
    this.number = 0;
    /** @type {Map<unknown, string>} what is written, and where */
    this.written = new Map();
  }

  /** The documents that are kept, the newest first. @returns {Promise<Entry[]>} */
  async list() {
    const names = (await keys(this.store)).filter((/** @type {IDBValidKey} */ name) => String(name).startsWith(`${this.key}/`) && String(name).endsWith('/doc'));
    const found = await getMany(names, this.store);
    return found.filter(Boolean).sort((/** @type {Entry} */ a, /** @type {Entry} */ b) => b.time - a.time);
  }

  /** Take the slot that this page had, else that of the last page that was closed, else a new one. @returns {Promise<{entry: Entry | null, copy: boolean}>} */
  async take() {
    const all = await this.list();
    const mine = sessionStorage.getItem(this.mark);
    const first = all.find(({slot}) => slot === mine) ?? all[0] ?? null;
    if (first && (await this.lock(first.slot, first.slot === mine ? PATIENCE : 0))) return {entry: first, copy: false};
    await this.takeNew(all);
    return {entry: first, copy: first !== null};
  }

  /** @param {Entry[]} all */
  async takeNew(all) {
    this.written = new Map();
    for (let number = 1; ; number += 1) {
      const slot = String(number);
      if (!all.some((entry) => entry.slot === slot) && (await this.lock(slot, 0))) break;
    }
    await this.prune(all);
  }

  /** Have a slot until the page goes. @param {string} slot @param {number} patience @returns {Promise<boolean>} whether no other page has it */
  async lock(slot, patience) {
    const end = Date.now() + patience;
    while (!(await hold(`regiondiff ${this.key} ${slot}`))) {
      if (Date.now() >= end) return false;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    this.slot = slot;
    sessionStorage.setItem(this.mark, slot);
    return true;
  }

  /** Forget the oldest documents of pages that are closed. @param {Entry[]} all */
  async prune(all) {
    for (const {slot} of all.slice(MOST)) if (await hold(`regiondiff ${this.key} ${slot}`)) await this.drop(slot);
  }

  /** @param {string} slot */
  async drop(slot) {
    await delMany((await keys(this.store)).filter((/** @type {IDBValidKey} */ name) => String(name).startsWith(`${this.key}/${slot}/`)), this.store);
  }

  /** @param {Entry} entry @returns {Promise<Work>} */
  async read(entry) {
    const own = entry.slot === this.slot;
    const [masks, [colour], pictures] = await Promise.all([getMany(entry.masks.map(([, name]) => name), this.store), getMany([entry.colour], this.store), getMany(entry.pictures, this.store)]);
    const state = {palette: entry.palette, masks: new Map(entry.masks.map(([id], index) => [id, masks[index] ?? {shape: null, tiles: new Map()}])), colour: colour ?? {tiles: new Map()}};
    if (own) entry.masks.forEach(([, name], index) => masks[index] && this.written.set(masks[index], name));
    const whole = pictures.filter(Boolean);
    if (own) whole.forEach((/** @type {KeptPicture} */ picture) => this.written.set(picture.id, `${this.key}/${entry.slot}/picture/${picture.id}`));
    return {state, more: entry.more, pictures: whole};
  }

  /** Delete of what is written. @param {(name: string) => boolean} which */
  async forget(which) {
    const stale = [...this.written].filter(([, name]) => which(name));
    if (!stale.length) return;
    await delMany(stale.map(([, name]) => name), this.store);
    for (const [mark] of stale) this.written.delete(mark);
  }

  /** Write a document: all in one transaction, so that a crash leaves the last one. @param {Work} work @returns {Promise<boolean>} false where another page has taken the slot */
  async write({state, more, pictures}) {
    const before = `${this.key}/${this.slot}/`;
    if (!navigator.locks && ((await get(`${before}doc`, this.store))?.page ?? this.page) !== this.page) return false;
    /** @type {[string, unknown][]} */
    const news = [];
    const kept = new Map();
    const place = (/** @type {unknown} */ value, /** @type {unknown} */ mark, /** @type {string} */ fresh) => {
      const name = this.written.get(mark) ?? `${before}${fresh}`;
      if (!this.written.has(mark)) news.push([name, value]);
      kept.set(mark, name);
      return name;
    };
    const fresh = (/** @type {string} */ kind) => `${kind}/${this.page}-${(this.number += 1)}`;
    /** @type {[string, string][]} */
    const masks = [...state.masks].map(([id, mask]) => [id, place(mask, mask, fresh('mask'))]);
    const colour = place(state.colour, state.colour, fresh('colour'));
    const seen = pictures.map((picture) => place(picture, picture.id, `picture/${picture.id}`));
    const entry = {slot: this.slot, page: this.page, time: Date.now(), palette: state.palette, masks, colour, more, pictures: seen};
    if (!pictures.length) await this.forget((name) => name.startsWith(`${before}picture/`)); // which makes room
    await setMany([...news, [`${before}doc`, entry]], this.store);
    const used = new Set(kept.values());
    await this.forget((name) => !used.has(name));
    this.written = kept;
    return true;
  }
}

/** Hold a name until the page goes; without the browser's locks (a page that is not from this machine nor by https) nobody does. @param {string} name @returns {Promise<boolean>} */
function hold(name) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(name, {ifAvailable: true}, (lock) => {
        resolve(lock !== null);
        return lock ? new Promise(() => {}) : undefined;
      })
      .catch(() => resolve(true));
  });
}
