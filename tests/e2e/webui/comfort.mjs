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

/** The card of an embedding does so too. @param {Visitor} visitor @returns {Promise<boolean>} whether the WebUI has one that fits the model */
export async function takeEmbedding(visitor) {
  const {page} = visitor;
  const main = page.locator(`#${visitor.tab}_prompt textarea`);
  const before = await main.inputValue();
  const tabs = page.locator(`#${visitor.tab}_extra_tabs > .tab-nav button, #${visitor.tab}_extra_tabs button[role="tab"]`);
  const cards = page.locator(`#${visitor.tab}_textual_inversion_cards .card[data-name]`);
  await visitor.part(PROMPT).focus();
  await tabs.filter({hasText: 'Textual Inversion'}).first().evaluate((each) => each.click());
  await page.waitForTimeout(1500); // the WebUI fills it then
  const name = (await cards.count()) ? await cards.first().getAttribute('data-name') : null;
  if (name) {
    await cards.first().evaluate((each) => each.click());
    await visitor.untilApp((app, name) => app.editor.state.palette.brushes[0].prompt.includes(name), name);
    assert.equal(await main.inputValue(), before);
    await cards.first().evaluate((each) => each.click());
    await visitor.untilApp((app, name) => !app.editor.state.palette.brushes[0].prompt.includes(name), name);
  }
  await tabs.first().evaluate((each) => each.click());
  return name !== null;
}

/** The button that writes styles out writes them into the brush whose prompt had the focus last, and into the main prompt else. @param {Visitor} visitor @param {string} style that adds "style words" and the negative "style negative" */
export async function writeStyles(visitor, style) {
  const {page} = visitor;
  const main = page.locator(`#${visitor.tab}_prompt textarea`);
  const before = await main.inputValue();
  const choose = async () => {
    await page.locator(`#${visitor.tab}_styles input`).first().click();
    await page.locator(`#${visitor.tab}_styles ul li`, {hasText: style}).first().dispatchEvent('mousedown');
    await page.locator(`#${visitor.tab}_styles .token`).first().waitFor();
  };
  await choose();
  await visitor.part(PROMPT).focus();
  await visitor.press(`#${visitor.tab}_style_apply`);
  await visitor.untilApp((app) => /, style words$/.test(app.findBrush('b1').prompt) && app.findBrush('b1').negative === 'style negative');
  assert.equal(await main.inputValue(), before);
  assert.equal(await page.locator(`#${visitor.tab}_neg_prompt textarea`).inputValue(), '');
  await choose();
  await main.focus();
  await visitor.press(`#${visitor.tab}_style_apply`);
  await page.waitForFunction((tab) => /style words/.test(document.querySelector(`#${tab}_prompt textarea`).value), visitor.tab);
}

/** In our own tab a window has the cards and styles. @param {Visitor} visitor @param {{lora: string, style: string}} names */
export async function takeCardsInTab(visitor, {lora, style}) {
  const {page} = visitor;
  const main = () => page.locator('#txt2img_prompt textarea').inputValue();
  const take = async (name) => {
    await visitor.part('.rd-bar button', {hasText: 'LoRA'}).click();
    await visitor.part('.rd-cards-dialog input').fill(name.slice(0, 5));
    await visitor.part('.rd-card:not([hidden])').filter({hasText: name}).click();
  };
  const before = await main();
  await visitor.part(PROMPT).focus();
  await take(lora);
  await visitor.untilApp((app, name) => app.findBrush('b1').prompt.includes(`<lora:${name}:1`), lora);
  assert.equal(await main(), before);
  await take(style);
  await visitor.untilApp((app) => /, style words$/.test(app.findBrush('b1').prompt) && app.findBrush('b1').negative === 'style negative');
  assert.equal(await main(), before);
  await visitor.part('.rd-whole textarea').first().focus();
  await take(lora);
  await page.waitForFunction((name) => document.querySelector('#txt2img_prompt textarea').value.includes(`<lora:${name}:1`), lora);
  assert.match(await visitor.part('.rd-whole textarea').first().inputValue(), /<lora/);
}

/** A rival that is on is told in the tab, too; here one that always is, whatever is installed. @param {Visitor} visitor */
export async function tellRival(visitor) {
  await visitor.withApp((app) => (app.rivals.all = [{tab: 'txt2img', name: 'Another Couple', switches: [], any: [], words: []}], app.rivals.refresh()));
  await visitor.part('.rd-rivals').filter({hasText: 'Another Couple'}).waitFor();
  await visitor.withApp((app) => (app.rivals.all = [], app.rivals.refresh()));
  await visitor.part('.rd-rivals').waitFor({state: 'hidden'});
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
