// The WebUI's own comfort in prompts of brushes: emphasis by keys, cards, the count of tokens, and tag completion of others.

import assert from 'node:assert/strict';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */
const PROMPT = '.rd-inspector [data-field="prompt"] textarea';

/** @param {Visitor} visitor */
export async function emphasise(visitor) {
  await visitor.withApp((app) => app.selection.set('b1'));
  const field = visitor.part(PROMPT);
  await field.fill('a red house');
  await field.evaluate((each) => each.setSelectionRange(2, 5));
  await field.press('Control+ArrowUp');
  assert.equal(await field.inputValue(), 'a (red:1.1) house');
  await visitor.until(['a (red:1.1) house', 'a green tree']);
  await field.press('Control+ArrowDown');
  await visitor.until(['a red house', 'a green tree']);
}

/** @param {Visitor} visitor */
export async function countTokens(visitor) {
  await visitor.untilApp((app) => app.verdict?.tokens.b1?.count === 3);
  await visitor.page.waitForFunction((tab) => document.querySelector(`#tab_${tab} .rd-inspector .rd-count`)?.textContent === '3 / 75', visitor.tab);
}

/** A card writes into the prompt that had the focus last, and takes it out again. @param {Visitor} visitor @param {string} lora */
export async function takeCards(visitor, lora) {
  const {page} = visitor;
  const main = page.locator(`#${visitor.tab}_prompt textarea`);
  const before = await main.inputValue();
  await visitor.part(PROMPT).focus();
  const card = page.locator(`#${visitor.tab}_lora_cards .card[data-name="${lora}"]`);
  const press = () => card.first().evaluate((each) => each.click());
  await page.locator(`#${visitor.tab}_extra_tabs > .tab-nav button, #${visitor.tab}_extra_tabs button[role="tab"]`, {hasText: 'Lora'}).first().evaluate((each) => each.click());
  await card.first().waitFor({state: 'attached'});
  await press();
  await visitor.untilApp((app, name) => app.editor.state.palette.brushes[0].prompt.includes(`<lora:${name}:1`), lora);
  assert.equal(await main.inputValue(), before);
  await press();
  await visitor.untilApp((app, name) => !app.editor.state.palette.brushes[0].prompt.includes(`<lora:${name}`), lora);
  await main.focus();
  await press(); // the main prompt's again
  assert.notEqual(await main.inputValue(), before);
  await press();
  assert.equal((await main.inputValue()).trim(), before.trim());
  await page.locator(`#${visitor.tab}_extra_tabs > .tab-nav button, #${visitor.tab}_extra_tabs button[role="tab"]`).first().evaluate((each) => each.click());
}

/** The extension a1111-sd-webui-tagcomplete binds itself to fields by a function of its own; here a stand-in with its names. @param {Visitor} visitor */
export async function completeTags(visitor) {
  await visitor.page.evaluate((tab) => {
    window.bound = [];
    window.addAutocompleteToArea = (field) => window.bound.push(field);
    document.querySelector(`#${tab}_prompt textarea`).classList.add('autocomplete');
  }, visitor.tab);
  await visitor.page.locator(`#${visitor.tab}_prompt textarea`).focus();
  await visitor.part(PROMPT).focus();
  assert.equal(await visitor.page.evaluate(() => window.bound.length === 1 && window.bound[0].matches('.prompt textarea')), true);
  await visitor.page.evaluate((tab) => document.querySelector(`#${tab}_prompt textarea`).classList.remove('autocomplete'), visitor.tab);
}
