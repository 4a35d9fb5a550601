// The way from a remark to the field that it is about, unfolding what is folded.

/** @import {App} from './app.mjs' */

const FOLDED = ['negative', 'prefix', 'suffix', 'strength', 'image', 'init'];

/** @param {App} app @param {{path?: string, brush?: string}} notice */
export async function jumpTo(app, {path = '', brush}) {
  const names = path.split(/[.[\]]+/).filter((part) => /^[a-z_]+$/.test(part));
  const field = names.at(-1) ?? 'prompt';
  if (brush !== undefined) {
    app.selection.set(brush);
    app.sheets.open('inspector');
    return app.inspector.focus(field);
  }
  const whole = names[0] === 'background' || FOLDED.includes(names[0]) || !names.length;
  if (whole && FOLDED.includes(field)) await app.whole.openMore();
  else if (!whole) await app.run_.openMore();
  const root = whole ? app.whole.root : app.run_.root;
  const found = [field, ...names].map((name) => /** @type {HTMLElement | null} */ (root.querySelector(`[data-field="${CSS.escape(name)}"] :is(input:not([type="range"]), textarea, select, [tabindex="0"])`))).find(Boolean);
  for (let fold = found?.closest('details'); fold; fold = fold.parentElement?.closest('details') ?? null) fold.open = true;
  app.sheets.open(whole ? 'whole' : 'run');
  (found ?? root.querySelector('textarea, input'))?.focus();
}
