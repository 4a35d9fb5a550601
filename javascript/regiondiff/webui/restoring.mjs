// Restoring: what a tab had before the page was loaded; where tabs are linked, the last of what any of them had.

import {Slots} from '../keeping/slots.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @import {TabApp} from './tab_app.mjs' */
/** @import {Entry} from '../keeping/slots.mjs' */

const KEYS = ['txt2img', 'img2img', 'tab'];

/** @param {AccordionApp | TabApp} app */
export async function bringBackNewest(app) {
  await app.keeper.restore();
  if (!app.links.isLinked) return;
  const own = app.keeper.autosave?.time ?? 0;
  for (const key of KEYS.filter((each) => each !== app.services.key)) {
    const slots = new Slots(key);
    const entry = await findClosed(slots).catch(() => null); // a browser without storage has said so
    if (entry && entry.time > own) app.replace((await slots.read(entry)).state, 'open');
  }
}

/** The last document that no page has open. @param {Slots} slots @returns {Promise<Entry | null>} */
async function findClosed(slots) {
  const open = (await navigator.locks?.query())?.held?.map(({name}) => name) ?? [];
  return (await slots.list()).find(({slot}) => !open.includes(`regiondiff ${slots.key} ${slot}`)) ?? null;
}
