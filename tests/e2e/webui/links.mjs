// One palette in the tabs of a page, and none in those of another; and nothing is lost when a page or a WebUI goes.

import assert from 'node:assert/strict';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */

/** Another tab of the page has the palette; unless parted. @param {Visitor} visitor in txt2img @param {string[]} prompts that it has there */
export async function meetLinks(visitor, prompts) {
  await visitor.go('img2img', 'img2img');
  await visitor.open();
  await visitor.until(prompts);
  await visitor.withApp((app) => app.setField('b1', 'prompt', 'a blue lake'));
  await visitor.go('txt2img', 'txt2img');
  await visitor.until(['a blue lake', prompts[1]]);
  await visitor.part('[aria-pressed][title*="part them"]').click();
  await visitor.withApp((app, prompt) => app.setField('b1', 'prompt', prompt), prompts[0]);
  await visitor.page.waitForTimeout(600);
  visitor.tab = 'img2img';
  assert.deepEqual(await visitor.brushes(), ['a blue lake', prompts[1]]);
  assert.match(await visitor.part('.rd-head-line [aria-pressed="false"][title*="other tabs"]').getAttribute('title'), /own/);
  visitor.tab = 'txt2img';
  await visitor.part('[aria-pressed][title*="other tabs"]').click(); // one again: as it is here
  visitor.tab = 'img2img';
  await visitor.until(prompts);
  visitor.tab = 'txt2img';
}

/** Two browser tabs have nothing of one another. @param {Visitor} visitor @param {() => Promise<Visitor>} openTab in the same browser @param {string[]} prompts */
export async function meetTabs(visitor, openTab, prompts) {
  const other = await openTab();
  await other.come();
  await other.open();
  assert.deepEqual(await other.brushes(), []);
  await other.drag([0.1, 0.1], [0.5, 0.5]); // unfolds
  await other.withApp((app) => (app.editor.state.palette.brushes.length ? 0 : app.addBrush()));
  await other.withApp((app) => app.setField(app.editor.state.palette.brushes[0].id, 'prompt', 'a snail'));
  await visitor.page.waitForTimeout(600);
  assert.deepEqual(await visitor.brushes(), prompts);
  await other.page.waitForTimeout(800);
  await other.reload();
  await other.open();
  await other.until(['a snail']);
  await other.page.close();
}

/** A page that dies takes nothing along. @param {Visitor} visitor @param {() => Promise<Visitor>} openTab @param {string[]} prompts @returns {Promise<Visitor>} */
export async function survive(visitor, openTab, prompts) {
  await visitor.withApp((app) => app.keeper.later()); // the last work of all pages
  await visitor.page.waitForTimeout(800); // it is kept a moment after each change
  await visitor.page.goto('chrome://crash', {timeout: 3000}).catch(() => {});
  const next = await openTab();
  await next.come();
  await next.open();
  await next.until(prompts);
  assert.equal(await next.isOn(), true);
  return next;
}

/** The WebUI's own button makes its page anew. @param {Visitor} visitor @param {string[]} prompts */
export async function reloadWebUI(visitor, prompts) {
  await visitor.page.waitForTimeout(800);
  const gone = visitor.page.waitForEvent('load');
  await visitor.press('#settings_restart_gradio');
  await gone;
  visitor.tab = 'txt2img';
  await visitor.arrived();
  await visitor.open();
  await visitor.until(prompts);
}
