// A job of the WebUI: its own Generate is pressed, its own bar, previews and gallery are followed, its own button interrupts.

import {until} from './host_controls.mjs';

/** @import {Job} from '../client/server_client.mjs' */
/** @typedef {{url: string, seed: number, words: string}} Made `words`: its parameters */
/** @typedef {{made: Made[], error: string}} Outcome */

const BEAT = 150; // milliseconds between looks
const BEGIN = 8000; // until its bar appears
const END = 15000; // until its pictures are there when its bar is gone

export class HostJob {
  /** @param {Document} page @param {string} tab of the WebUI that draws */
  constructor(page, tab) {
    this.page = page;
    this.tab = tab;
    this.presses = 0; // of its button that interrupts
  }

  /** @param {string} id @returns {HTMLElement | null} */
  part(id) {
    return this.page.getElementById(id);
  }

  /** @returns {HTMLElement | null} the bar of a job that waits or runs */
  get bar() {
    const bars = [...(this.part(`${this.tab}_results`) ?? this.page).querySelectorAll('.progressDiv')];
    return /** @type {HTMLElement | null} */ (bars.find((bar) => bar.nextElementSibling?.id === `${this.tab}_gallery_container`) ?? null);
  }

  /** What the last job told; another text with each. */
  get told() {
    return [this.info, this.part(`html_log_${this.tab}`)?.textContent].join('\n');
  }

  get info() {
    return /** @type {HTMLTextAreaElement | null} */ (this.part(`generation_info_${this.tab}`)?.querySelector('textarea'))?.value ?? '';
  }

  /** Draw, and tell how it goes. @param {(job: Job) => void} tell @param {() => void} begun what was set need not stay any longer @returns {Promise<Outcome>} */
  async run(tell, begun = () => {}) {
    const before = this.told;
    this.presses = 0;
    this.part(`${this.tab}_generate`)?.click();
    if (!(await until(() => this.bar ?? (this.told !== before), BEGIN))) throw new Error('Generate: expected the WebUI to begin, got no answer; reload the page');
    begun();
    return this.follow(before, tell);
  }

  /** Follow what runs. @param {string} before what was told @param {(job: Job) => void} tell */
  async follow(before, tell) {
    for (; this.bar; await pause()) tell(this.read(this.bar));
    await until(() => this.told !== before, END);
    await pause();
    return this.outcome();
  }

  /** @param {HTMLElement} bar @returns {Job} */
  read(bar) {
    const inner = /** @type {HTMLElement} */ (bar.querySelector('.progress'));
    const share = Number.parseFloat(inner.style.width || '0') || 0;
    const preview = /** @type {HTMLImageElement | null} */ (this.part(`${this.tab}_gallery`)?.querySelector('.livePreview img:last-child'));
    const eta = readTime(/ETA: ([\d:]+)s?/.exec(inner.textContent ?? '')?.[1]);
    return {job: this.tab, state: share > 0 ? 'drawing' : 'queued', step: share, steps: 100, eta, preview: preview?.src ?? null};
  }

  /** @returns {Outcome} */
  outcome() {
    const error = this.part(`html_log_${this.tab}`)?.querySelector('.error')?.textContent ?? '';
    if (error) return {made: [], error};
    const {index_of_first_image: first = 0, all_seeds: seeds = [], infotexts: words = []} = this.info ? JSON.parse(this.info) : {};
    const urls = this.listPictures().slice(first, Math.min(words.length, first + seeds.length));
    return {made: urls.slice(0, this.countWhole(urls.length)).map((url, index) => ({url, seed: seeds[index], words: words[first + index] ?? ''})), error};
  }

  /** How many of the pictures were drawn to the end: an interrupted job may have cut its last batch. @param {number} count */
  countWhole(count) {
    const several = this.readNumber('batch_count') > 1 || /** @type {HTMLInputElement | null} */ (this.part(`${this.tab}_hr-visible-checkbox`))?.checked;
    const finishes = several && this.settings.interrupt_after_current; // "Don't Interrupt in the middle": at the first press
    if (!this.presses || (this.presses === 1 && finishes)) return count;
    const size = this.readNumber('batch_size') || 1;
    return Math.max(0, Math.ceil(count / size) - 1) * size;
  }

  /** The WebUI's settings, as its page has them. @returns {Record<string, unknown>} */
  get settings() {
    return JSON.parse(/** @type {HTMLTextAreaElement | null} */ (this.part('settings_json')?.querySelector('textarea'))?.value || '{}');
  }

  /** @param {string} name of a control */
  readNumber(name) {
    return Number(this.part(`${this.tab}_${name}`)?.querySelector('input')?.value);
  }

  /** The gallery's pictures, in their order. */
  listPictures() {
    const images = [...(this.part(`${this.tab}_gallery`)?.querySelectorAll('.thumbnail-item img') ?? [])];
    return [...new Set(images.filter((each) => !each.closest('.livePreview')).map((each) => /** @type {HTMLImageElement} */ (each).src))].filter(Boolean);
  }

  interrupt() {
    this.presses += 1;
    this.part(`${this.tab}_interrupt`)?.click();
  }
}

/** Seconds of a time such as 1:05 or 12. @param {string | undefined} text */
function readTime(text) {
  return text ? text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0) : null;
}

function pause() {
  return new Promise((go) => setTimeout(go, BEAT));
}
