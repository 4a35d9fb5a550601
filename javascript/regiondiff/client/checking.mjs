// Checking: what the server says of the palette as it is now, and whether it answers at all.

import {isGone} from '../page/later.mjs';
import {nameOf} from '../panel/labels.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {State} from '../document/types.d.ts' */
/** @typedef {{path?: string, message: string, level: string, brush?: string}} Notice */
/** @typedef {{count: number, limit: number}} Tokens */
/**
 * @typedef {object} Verdict what the server said, by the ids of brushes
 * @property {boolean} sound whether it can be drawn
 * @property {Notice[]} notices the worst first
 * @property {Record<string, Notice & {count: number}>} badges
 * @property {Record<string, number>} shares
 * @property {Record<string, Tokens>} tokens
 * @property {Tokens | null} background
 * @property {string} cost in words
 * @property {string} auto what `auto` becomes, in words
 */

const DELAY = 300; // milliseconds without a change after which the server looks at the palette
const LONGEST = 60; // letters of a brush's name in what is said of it
const RETRY = 2000; // milliseconds until a server that did not answer is asked again

export class Checking {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @type {Verdict | null} */
    this.verdict = null;
    this.online = true;
    this.timer = 0;
    this.asked = 0;
  }

  later(delay = DELAY) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check(), delay);
  }

  async check() {
    const {app} = this;
    if (app.editor.session) return this.later();
    const number = (this.asked += 1);
    const before = this.online;
    try {
      const {palette, ids} = await readSent(app);
      const said = await app.client.post('api/check', {palette: nameBrushes(palette)});
      if (number !== this.asked) return;
      this.verdict = sort(isEmpty(palette) ? {...said, notices: [], cost: null, auto: ''} : said, ids);
      this.online = true;
    } catch (error) {
      if (number !== this.asked) return;
      this.online = !isGone(error);
      if (this.online) this.verdict = sort({problems: [{path: '', message: /** @type {Error} */ (error).message}]}, []);
      else this.later(RETRY);
    }
    app.checked();
    if (this.online && !before) app.cameBack();
  }

  /** Something could not be had of the server: ask whether it answers. */
  isGone() {
    this.online = false;
    this.app.status.refresh();
    this.later();
  }

  stop() {
    clearTimeout(this.timer);
    this.asked += 1;
  }
}

/** The palette as it is drawn, without the brushes that are hidden, and the ids of its brushes. @param {App} app */
export async function readSent(app) {
  const {state} = app.editor;
  const brushes = state.palette.brushes.filter(({id}) => !app.brushState(id).hidden);
  return {palette: await writePalette({...state, palette: {...state.palette, brushes}}), ids: brushes.map(({id}) => id)};
}

/** @param {State} state */
export async function writePalette(state) {
  const {palette, masks, colour} = state;
  if (!masks.size && !palette.brushes.length && !colour.tiles.size && !palette.init) return palette;
  const {toPalette} = await import('../document/palette_json.mjs');
  const decode = colour.tiles.size ? (await import('../files/pictures.mjs')).decodeInBrowser : undefined;
  return toPalette(state, decode);
}

/** A palette whose brushes all have names, so that what is said of them needs no ids. @param {any} palette */
function nameBrushes(palette) {
  return {...palette, brushes: palette.brushes.map((/** @type {any} */ brush) => ({...brush, name: nameOf(brush).slice(0, LONGEST)}))};
}

/** Whether nothing is said or painted yet, so that there is nothing to remark on. @param {any} palette */
function isEmpty({brushes, background, init}) {
  return !brushes.length && !background.prompt.trim() && !background.image && !init;
}

/** @param {any} said @param {string[]} ids @returns {Verdict} */
function sort(said, ids) {
  const byId = (/** @type {any[]} */ list) => Object.fromEntries(ids.map((id, index) => [id, list?.[index]]).filter(([, value]) => value !== undefined));
  const problems = (said.problems ?? []).map((/** @type {any} */ each) => ({...each, level: 'error', brush: findBrush(each.path, ids)}));
  return {
    sound: !problems.length && !said.notices.some((/** @type {Notice} */ each) => each.level === 'error'),
    notices: [...problems, ...(said.notices ?? [])],
    badges: {...Object.fromEntries(problems.filter((/** @type {Notice} */ each) => each.brush).map((/** @type {Notice} */ each) => [each.brush, {...each, count: 1}])), ...said.badges},
    shares: byId(said.shares?.slice(1)),
    tokens: byId(said.tokens?.brushes),
    background: said.tokens?.background ?? null,
    cost: said.cost?.words ?? '',
    auto: said.auto ?? '',
  };
}

/** @param {string} path @param {string[]} ids */
function findBrush(path, ids) {
  const found = /^brushes\[(\d+)\]/.exec(path ?? '');
  return found ? ids[Number(found[1])] : undefined;
}
