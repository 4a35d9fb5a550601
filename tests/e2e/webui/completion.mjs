// The real a1111-sd-webui-tagcomplete beside us: it completes tags in prompts of brushes, and its keys and ours keep out of each other's way.

import assert from 'node:assert/strict';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */

/** Type a tag's beginning, and give its field when the list is there. @param {Visitor} visitor @param {any} field @param {string} words */
async function typeUntilList({page}, field, words) {
  await field.press('End');
  await page.keyboard.type(words, {delay: 40});
  await field.locator('xpath=following-sibling::div[contains(@class, "autocompleteParent")]').locator('li').first().waitFor({state: 'visible'});
  await page.waitForTimeout(600); // a later list forgets what was chosen in this one
}

/** With an empty surface, in the accordion or the tab. @param {Visitor} visitor @returns {Promise<boolean>} false where it is not installed */
export async function meetCompletion(visitor) {
  const {page} = visitor;
  if (!(await page.evaluate(() => typeof window.addAutocompleteToArea === 'function'))) return false;
  const field = visitor.part('.rd-inspector [data-field="prompt"] textarea');
  const list = field.locator('xpath=following-sibling::div[contains(@class, "autocompleteParent")]');
  const value = () => visitor.withApp((app) => app.findBrush(app.selection.get()).prompt);
  await visitor.paint([0.05, 0.1], [0.3, 0.9], '');
  await typeUntilList(visitor, field, 'blue_ey');
  await field.press('ArrowDown');
  await field.press('Enter');
  assert.match(await value(), /^blue eyes, $/);
  await typeUntilList(visitor, field, 'red_h');
  await field.press('Tab'); // the list's, not the next region's
  assert.match(await value(), /^blue eyes, red h\w+, $/);
  await typeUntilList(visitor, field, 'long_h');
  await field.press('Escape');
  await list.waitFor({state: 'hidden'});
  const before = await value();
  await field.press('Tab'); // the next region's again
  assert.equal(await visitor.withApp((app) => app.selection.get()), null);
  await visitor.paint([0.4, 0.1], [0.6, 0.9], '');
  await typeUntilList(visitor, field, 'long_h');
  await field.evaluate((each) => each.setSelectionRange(0, 6));
  await field.press('Control+ArrowUp'); // a weight, though the list is there
  assert.match(await value(), /^\(long_h:1\.1\)$/);
  await visitor.drag([0.7, 0.1], [0.9, 0.9]); // beside it: the next region
  assert.deepEqual((await visitor.brushes()).slice(0, 2), [before, '(long_h:1.1)']);
  assert.equal((await visitor.brushes()).length, 3);
  return true;
}
