// The desk of the tab: asks the program behind the WebUI what our own page asks its server.

import {say} from '../strings.mjs';

/** @import {Asker} from './asking.mjs' */

const NONE = 'expected something that the WebUI has, got a route of our own page';
/** Where parameters have a palette. */
const KEPT = /(?:^|[\n\0,] ?)Region Diffusion: ([^,\s\0]+)/;

export class Desk {
  /** @param {Asker} asker @param {any} start @param {() => Record<string, unknown>} around what is around the palette */
  constructor(asker, start, around) {
    this.asker = asker;
    this.start = start;
    this.around = around;
  }

  /** @param {string} path @returns {Promise<any>} */
  async get(path) {
    if (path !== 'api/presets') throw new Error(NONE);
    return {presets: this.start.presets, examples: [], styles: []};
  }

  /** @param {string} _path @param {{palette: unknown}} body @returns {Promise<any>} the verdict on a palette */
  post(_path, {palette}) {
    return this.asker.ask(() => ({do: 'check', palette, around: this.around()}));
  }

  /** The palette that a picture's parameters keep. @param {string} kept @returns {Promise<any>} null for none that can be read */
  async unpack(kept) {
    const {palette} = await this.asker.ask(() => ({do: 'unpack', kept}));
    try {
      return JSON.parse(palette);
    } catch {
      return null;
    }
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
