// The way from a remark to the field that it is about, unfolding what is folded.

/** @import {App} from './app.mjs' */
/** @typedef {{root: HTMLElement, names: string[]}} Place a panel, and the names of fields that lead inside it */

const CONTROL = 'textarea, input:not([type="range"]), select, [tabindex="0"], button, summary';
/** Fields that stand under another name. @type {Readonly<Record<string, string>>} */
const ELSEWHERE = {'init': 'below', 'init.image': 'below', 'init.strength': 'init_strength', 'background.image': 'below', 'background.colour': 'prompt', blend: 'method', attention: 'method'};

/** @param {App} app @param {{path?: string, brush?: string}} notice */
export async function jumpTo(app, {path = '', brush}) {
  const names = path.replace(/^brushes\[\d+\]\.?/, '').split(/[.[\]]+/).filter((part) => /^[a-z_]+$/.test(part));
  if (brush !== undefined) return goToBrush(app, brush, names);
  if (names[0] === 'size') return app.bar.size.focus();
  const place = await findPlace(app, names);
  app.sheets.open(place.root === app.run_.root ? 'run' : 'whole');
  focus(findField(place) ?? place.root.querySelector('[data-field]'));
}

/** @param {App} app @param {string} brush @param {string[]} names */
async function goToBrush(app, brush, names) {
  app.selection.set(brush);
  if (names[0] === 'mask') return app.stage.focus();
  app.sheets.open('inspector');
  const {root, prompt} = await app.inspector.fill();
  focus(findField({root, names}) ?? prompt);
}

/** @param {App} app @param {string[]} names @returns {Promise<Place>} */
async function findPlace({whole, run_: run, services}, names) {
  const [first = 'background', second = 'prompt'] = names;
  const other = ELSEWHERE[names.slice(0, 2).join('.')];
  if (!['background', 'prefix', 'suffix', 'init'].includes(first)) {
    if (first in services.schema.properties) await run.openMore();
    return {root: run.root, names: other ? [other] : names};
  }
  if (first !== 'background' || second !== 'prompt') await whole.openMore();
  return {root: whole.root, names: other ? [other] : first === 'background' ? [second] : [first]};
}

/** The field that names lead to: each inside the one before, so that equal names do not mislead; null where the first is none. @param {Place} place @returns {HTMLElement | null} */
export function findField({root, names}) {
  /** @type {HTMLElement | null} */
  let at = null;
  for (const name of names) {
    const inside = /** @type {HTMLElement[]} */ ([...(at ?? root).querySelectorAll(`[data-field="${CSS.escape(name)}"]`)]);
    const next = inside.find((each) => (each.parentElement?.closest('[data-field]') ?? null) === at);
    if (!next) break;
    at = next;
  }
  return at;
}

/** @param {Element | null} field */
function focus(field) {
  if (!field) return;
  for (let fold = field.closest('details') ?? field.querySelector('details'); fold; fold = fold.parentElement?.closest('details') ?? null) fold.open = true;
  const controls = /** @type {HTMLElement[]} */ ([...(field.matches(CONTROL) ? [field] : field.querySelectorAll(CONTROL))]);
  const shown = controls.find((each) => each.tagName !== 'SUMMARY' && each.checkVisibility()) ?? controls.find((each) => each.checkVisibility());
  (shown ?? field.closest('section')?.querySelector('button'))?.focus();
  field.scrollIntoView({block: 'nearest'});
}
