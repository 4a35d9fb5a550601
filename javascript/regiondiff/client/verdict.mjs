// A verdict: what the server says of the palette, sorted by brushes, with the numbers and names that they have on the page.

import {nameOf} from '../panel/labels.mjs';
import {describe, findBrush, renumber} from './places.mjs';
import {readSent} from './sent.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Notice, Verdict} from './checking.mjs' */

const LONGEST = 60; // letters of a brush's name in what is said of it

/** @param {App} app @returns {Promise<Verdict>} */
export async function ask(app) {
  const {palette, ids} = await readSent(app);
  return sort(app, await app.client.post('api/check', {palette: nameBrushes(palette)}), ids);
}

/** A palette whose brushes all have names, so that what is said of them needs no ids. @param {any} palette */
function nameBrushes(palette) {
  return {...palette, brushes: palette.brushes.map((/** @type {any} */ brush) => ({...brush, name: nameOf(brush).slice(0, LONGEST)}))};
}

/** A verdict as the parts of the page read it. @param {App} app @param {any} said @param {string[]} ids of the brushes that it is of @returns {Verdict} */
export function sort(app, said, ids) {
  const byId = (/** @type {any[]} */ list) => keyed(ids.map((id, index) => /** @type {const} */ ([id, list?.[index]])).filter(([, value]) => value !== undefined));
  const problems = (said.problems ?? []).map((/** @type {any} */ each) => ({...each, message: describe(app, each, ids), level: 'error', brush: findBrush(each.path, ids)}));
  const renamed = (/** @type {any} */ each) => ({...each, message: renumber(app, each.message, ids)});
  return {
    sound: !problems.length && !said.notices.some((/** @type {Notice} */ each) => each.level === 'error'),
    notices: [...problems, ...(said.notices ?? []).map(renamed)],
    badges: keyed([...problems.filter((/** @type {Notice} */ each) => each.brush).map((/** @type {Notice} */ each) => [each.brush, {...each, count: 1}]), ...Object.entries(said.badges ?? {}).map(([id, each]) => [id, renamed(each)])]),
    shares: byId(said.shares?.slice(1)),
    tokens: byId(said.tokens?.brushes),
    background: said.tokens?.background ?? null,
    cost: said.cost?.words ?? '',
    auto: said.auto ?? '',
  };
}

/** Things by the ids of brushes, which may be any words: those that objects know by themselves mean nothing here. @param {readonly (readonly [string, any])[]} entries @returns {Record<string, any>} */
export function keyed(entries) {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}
