// A page's work: what of it is kept, how it comes back, and what people are told of that.

import {Autosave} from './autosave.mjs';
import {FLAG} from './keeper.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Status} from './autosave.mjs' */
/** @import {Keeper} from './keeper.mjs' */
/** @import {Work} from './slots.mjs' */

const MOST_PICTURES = 12;

/** @param {Keeper} keeper */
export function makeAutosave(keeper) {
  return new Autosave({work: (lean) => read(keeper, lean), told: (status) => tell(keeper, status), key: keeper.app.services.key, apart: keeper.app.services.apart});
}

/** What is kept: the last step, not a stroke that goes on. @param {Keeper} keeper @param {boolean} [lean] without pictures @returns {Work} */
function read({app}, lean) {
  const {editor, count, states, drawing, selection} = app;
  const pictures = drawing.pictures.slice(0, lean ? 0 : MOST_PICTURES).map(({id, seed, palette, blob}) => ({id, seed, palette, blob}));
  return {state: editor.steps[editor.at].state, more: {count, states: [...states], active: selection.get(), ...app.more()}, pictures};
}

/** @param {App} app @param {Autosave} autosave */
export async function bringBack(app, autosave) {
  const work = await autosave.begin();
  if (!work) return;
  app.count = work.more?.count ?? 1;
  app.states = new Map(work.more?.states ?? []);
  app.takeMore(work.more ?? {});
  app.editor.restart(work.state);
  app.selection.set(app.findBrush(work.more?.active ?? null)?.id ?? null);
  app.stage.brushesChanged();
  await app.drawing.bringBack(work.pictures);
}

/** @param {Keeper} keeper @param {Status} status */
function tell(keeper, status) {
  const {app, status: before} = keeper;
  if (status === 'copy') return app.tell(app.say('saved.copy'));
  keeper.status = status;
  const kept = status === 'saved' || status === 'lean';
  if (kept) setKept();
  if (status !== 'saved' && before !== status) app.tell(app.say(`saved.${status}.long`), {topic: 'saved', action: {label: app.say('file.saveJson'), run: () => void app.run('file.save')}});
  else if (kept && before !== status) app.toasts.clear('saved');
  app.status.refresh();
}

function setKept() {
  try {
    localStorage.setItem(FLAG, '1');
  } catch {
    // then it is looked for each time
  }
}
