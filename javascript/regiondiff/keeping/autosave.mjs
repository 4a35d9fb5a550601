// Autosave: after each change the document goes into the browser's own database, and comes back after a reload, a crash or a closed tab.

import '../strings_later.mjs';
import {drawShape} from '../document/shapes.mjs';
import {Slots} from './slots.mjs';

/** @import {State} from '../document/types.d.ts' */
/** @import {Entry, Work} from './slots.mjs' */
/** @typedef {'saved' | 'lean' | 'copy' | 'full' | 'private'} Status `lean`: without the last pictures, as there is no room for them */

const DELAY = 250; // milliseconds after a change
const LAST = 'regiondiff last words';

export class Autosave {
  /** @param {{work: (lean?: boolean) => Work, told: (status: Status) => void, key?: string, apart?: boolean}} owner `apart`: what another page has open is not taken */
  constructor(owner) {
    this.owner = owner;
    this.slots = new Slots(owner.key ?? 'page');
    this.timer = 0;
    this.saved = true;
    this.lean = false;
    this.time = 0; // when what was brought back was written
    /** @type {Promise<Work | null> | null} */
    this.begun = null;
    /** @type {Promise<void>} */
    this.busy = Promise.resolve();
    this.stopper = new AbortController();
    const {signal} = this.stopper;
    addEventListener('pagehide', () => this.leave(), {signal});
    addEventListener('beforeunload', (event) => !this.saved && !this.timer && event.preventDefault(), {signal});
    document.addEventListener('visibilitychange', () => document.hidden && this.timer && this.save(), {signal});
  }

  /** What was kept, and a place for what is kept from now on; null for nothing. @returns {Promise<Work | null>} */
  begin() {
    this.begun ??= this.load();
    return this.begun;
  }

  /** @returns {Promise<Work | null>} */
  async load() {
    try {
      const {entry, copy} = await this.slots.take();
      if (!entry || (copy && this.owner.apart)) return null;
      this.time = entry.time;
      const work = await this.slots.read(entry);
      if (copy) this.owner.told('copy');
      else takeLastWords(work, entry, `${LAST} ${this.slots.key}`);
      return work;
    } catch {
      this.owner.told('private');
      return null;
    }
  }

  /** Documents of pages that are closed. @returns {Promise<Entry[]>} */
  async listOthers() {
    return (await this.slots.list()).filter(({slot}) => slot !== this.slots.slot);
  }

  /** @param {Entry} entry */
  read(entry) {
    return this.slots.read(entry);
  }

  /** Save soon. */
  later() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.save(), DELAY);
  }

  save() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.busy = this.busy.then(() => this.write());
    return this.busy;
  }

  /** @returns {Promise<void>} */
  async write() {
    try {
      await this.put(this.owner.work(this.lean));
      this.saved = true;
      this.owner.told(this.lean ? 'lean' : 'saved');
    } catch (error) {
      const full = /Quota/.test(/** @type {Error} */ (error)?.name ?? '');
      const again = full && !this.lean;
      this.lean = again;
      if (again) return this.write();
      this.saved = false;
      this.owner.told(full ? 'full' : 'private');
    }
  }

  /** Write into this page's slot, or a new one where another page has taken that. @param {Work} work */
  async put(work) {
    if (await this.slots.write(work)) return;
    await this.slots.takeNew(await this.slots.list());
    await this.slots.write(work);
    this.owner.told('copy');
  }

  /** The page goes before its last change is written: its words and shapes are kept at once, masks as far as they have been. */
  leave() {
    if (!this.timer) return;
    const {state} = this.owner.work();
    const shapes = [...state.masks].flatMap(([id, {shape}]) => (shape ? [[id, shape]] : []));
    try {
      sessionStorage.setItem(`${LAST} ${this.slots.key}`, JSON.stringify({slot: this.slots.slot, time: Date.now(), palette: state.palette, shapes}));
    } catch {
      // a page without storage has said so
    }
    this.save();
  }

  stop() {
    this.stopper.abort();
    clearTimeout(this.timer);
  }
}

/** Put what was kept at the last moment over what was written before. @param {Work} work @param {Entry} entry @param {string} name under which it was kept */
function takeLastWords(work, entry, name) {
  const last = JSON.parse(sessionStorage.getItem(name) ?? 'null');
  sessionStorage.removeItem(name);
  if (last?.slot !== entry.slot || last.time < entry.time) return;
  const {size} = last.palette;
  if (size.width !== work.state.palette.size.width || size.height !== work.state.palette.size.height) return;
  work.state = {...work.state, palette: last.palette, masks: new Map(work.state.masks)};
  for (const [id, shape] of last.shapes) work.state.masks.set(id, drawShape(shape, size));
}
