// What goes wrong in a WebUI, and what people see of it: mistakes in a palette, failures in the middle, rivals.

import assert from 'node:assert/strict';

const FINITE = `(a green tree:${'9'.repeat(40)})`; // an emphasis that no number holds

/** @typedef {import('./visitor.mjs').Visitor} Visitor */
/** @type {Record<string, (visitor: Visitor) => Promise<void>>} each begins with two painted regions of which none has a fault */
export const TROUBLES = {
  'a mistake has a badge on its brush, and Generate says it without drawing': async (visitor) => {
    await visitor.withApp((app) => app.setField('b1', 'feather', -5));
    await visitor.untilApp((app) => app.verdict?.badges.b1?.level === 'error');
    assert.equal(await visitor.part('.rd-row[data-id="b1"] .rd-badge').isVisible(), true);
    await generate(visitor);
    assert.match(await readToast(visitor), /region|brush 1/i);
    assert.equal(await visitor.withApp((app) => app.verdict.badges.b1.level), 'error');
    await visitor.withApp((app) => app.setField('b1', 'feather', 0));
    await visitor.untilApp((app) => !app.verdict?.badges.b1);
    assert.equal(await visitor.part('.rd-toast').count(), 0); // it is another palette now
  },
  'a failure in the middle is told on the surface, with a badge on its brush that leads to it': async (visitor) => {
    await visitor.withApp((app, prompt) => (app.selection.set('b1'), app.setField('b2', 'prompt', prompt)), FINITE);
    await visitor.withApp((app) => app.mailbox.write());
    await generate(visitor);
    assert.match(await readToast(visitor), /brush 2 .*NaN or infinity/);
    await visitor.untilApp((app) => app.verdict?.badges.b2?.level === 'error');
    await visitor.part('.rd-toast button').first().click();
    await visitor.untilApp((app) => app.selection.get() === 'b2');
    await visitor.withApp((app) => app.setField('b2', 'prompt', 'a green tree'));
    await visitor.untilApp((app) => !app.verdict?.badges.b2);
  },
  'after a failure the next picture is drawn': async (visitor) => {
    await visitor.draw(() => visitor.press(`#${visitor.tab}_generate`));
    assert.equal(await visitor.part('.rd-toast').count(), 0);
  },
};

/** Rivals that are switched on are told before Generate, each by its name; where the WebUI has none there is nothing to tell. @param {Visitor} visitor @returns {Promise<boolean>} whether it has one */
export async function meetRivals(visitor) {
  const rivals = await visitor.withApp((app) => app.rivals.all.filter(({any}) => !any.length)); // Tiled Diffusion unticks a region without a canvas
  for (const {name, switches, words} of rivals) {
    const said = await visitor.page.locator(`#${visitor.tab}_prompt textarea`).inputValue();
    assert.equal(await visitor.part('.rd-rivals').textContent(), '', name);
    await visitor.page.evaluate(turn, [switches, true]);
    if (words.length) await visitor.page.locator(`#${visitor.tab}_prompt textarea`).fill(`${said} ${words[0]} `);
    await visitor.page.waitForFunction((name) => document.querySelector('.rd-rivals:not([hidden])')?.textContent.includes(name), name);
    await visitor.page.evaluate(turn, [switches, false]);
    await visitor.page.waitForFunction(() => !document.querySelector('.rd-rivals:not([hidden])'));
    await visitor.page.locator(`#${visitor.tab}_prompt textarea`).fill(said);
  }
  return rivals.length > 0;
}

/** Turn ticks on or off by their elements' ids. Runs in the page. @param {[string[], boolean]} given */
function turn([ids, on]) {
  for (const id of ids) {
    const place = document.getElementById(`${id}-visible-checkbox`) ?? document.getElementById(id);
    const tick = place.matches('input') ? place : place.querySelector('input');
    if (tick.checked !== on) tick.click();
  }
}

/** Press Generate, and wait until the WebUI has ended the job: it can be pressed again. @param {Visitor} visitor */
async function generate(visitor) {
  const log = `#html_log_${visitor.tab} .error`;
  await visitor.page.evaluate((log) => document.querySelector(log)?.remove(), log);
  await visitor.press(`#${visitor.tab}_generate`);
  await visitor.page.waitForSelector(log, {state: 'attached'});
  await visitor.page.waitForFunction((tab) => {
    const shown = (id) => document.getElementById(`${tab}_${id}`).checkVisibility({visibilityProperty: true});
    return shown('generate') && !shown('interrupt');
  }, visitor.tab);
  assert.equal(await visitor.page.locator(`#${visitor.tab}_generate`).isEnabled(), true);
}

/** What the surface tells. @param {Visitor} visitor */
async function readToast(visitor) {
  const toast = visitor.part('.rd-toast');
  await toast.first().waitFor();
  return toast.first().textContent();
}
