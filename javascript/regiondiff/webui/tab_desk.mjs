// The desk of the tab: asks the program behind the WebUI by its own means, a text that it reads and an answer that it writes.

import {say} from '../strings.mjs';

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void}} */
const host = /** @type {any} */ (globalThis);

const PATIENCE = 20000; // milliseconds until an answer counts as lost
const NONE = 'expected something that the WebUI has, got a route of our own page';
/** Where parameters have a palette. */
const KEPT = /(?:^|[\n\0,] ?)Region Diffusion: ([^,\s\0]+)/;

export class Desk {
  /** @param {HTMLElement} root the tab @param {any} start @param {() => Record<string, unknown>} around what is around the palette */
  constructor(root, start, around) {
    this.root = root;
    this.start = start;
    this.around = around;
    this.number = 0;
    /** @type {Promise<unknown>} one question after the other */
    this.busy = Promise.resolve();
  }

  /** @param {string} path @returns {Promise<any>} */
  async get(path) {
    if (path !== 'api/presets') throw new Error(NONE);
    return {presets: this.start.presets, examples: [], styles: []};
  }

  /** @param {string} _path @param {{palette: unknown}} body @returns {Promise<any>} the verdict on a palette */
  post(_path, {palette}) {
    return this.inTurn(() => ({palette, around: this.around()}));
  }

  /** The palette that a picture's parameters keep. @param {string} kept @returns {Promise<any>} null for none that can be read */
  async unpack(kept) {
    const {palette} = await this.inTurn(() => ({kept}));
    try {
      return JSON.parse(palette);
    } catch {
      return null;
    }
  }

  /** @param {() => object} make the question, when its turn has come */
  inTurn(make) {
    const done = this.busy.then(() => this.ask(make()));
    this.busy = done.catch(() => {});
    return done;
  }

  /** @param {object} question @returns {Promise<any>} */
  ask(question) {
    const number = (this.number += 1);
    const field = /** @type {HTMLTextAreaElement} */ (this.root.querySelector('[id$="_regiondiff_ask"] textarea'));
    const answers = /** @type {HTMLElement} */ (this.root.querySelector('[class*="_regiondiff_answer"]'));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = /** @type {HTMLElement | null} */ (answers.querySelector(`[data-number="${number}"]`));
        if (!found) return;
        const said = JSON.parse(found.dataset.answer ?? 'null');
        end(() => (said.error ? reject(new Error(said.error)) : resolve(said)));
      };
      const watcher = new MutationObserver(look);
      const timer = setTimeout(() => end(() => reject(new TypeError('fetch: the WebUI did not answer'))), PATIENCE);
      const end = (/** @type {() => void} */ tell) => {
        watcher.disconnect();
        clearTimeout(timer);
        tell();
      };
      watcher.observe(answers, {childList: true, subtree: true, attributes: true});
      field.value = `${number}\n${JSON.stringify(question)}`;
      host.updateInput(field);
    });
  }

  /** A picture's palette. @param {string} _path @param {File} file @returns {Promise<{palette: unknown}>} */
  async upload(_path, file) {
    const kept = findKept(new TextDecoder('latin1').decode(await file.arrayBuffer()));
    const palette = kept && (await this.unpack(kept));
    if (!palette) throw new Error(say('tab.file', {name: file.name}));
    return {palette};
  }

  /** @returns {Promise<never>} */
  download() {
    return Promise.reject(new Error(NONE));
  }
}

/** The value that a picture's parameters keep its palette in; none for a picture without. @param {string} words */
export function findKept(words) {
  return KEPT.exec(words)?.[1] ?? null;
}
