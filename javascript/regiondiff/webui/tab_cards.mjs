// Cards of LoRAs and embeddings, and styles, for the prompts of the tab: those of txt2img, which is out of sight there.

import {openDialog} from '../page/dialog.mjs';
import {make} from '../stage/bars/dom.mjs';

/** @import {TabApp} from './tab_app.mjs' */
/** @typedef {{name: string, words: string, picture: string, take(): unknown}} Card */

const CARDS = '#txt2img_extra_tabs .card[onclick*="cardClicked("]';

/** @param {TabApp} app */
export function openCards(app) {
  const {page, say} = app;
  const kinds = collect(app);
  if (!kinds.size) return app.tell(say('tab.cards.none'), {note: true});
  app.prompts.active = app.prompts.target ?? findPrompt(app);
  const search = make(page, 'input', {type: 'search', class: 'rd-search', placeholder: say('tab.cards.search'), 'aria-label': say('tab.cards.search'), input: () => find(search.value)});
  const groups = [...kinds].map(([kind, cards]) => make(page, 'section', {}, make(page, 'h3', {}, kind), make(page, 'div', {class: 'rd-cards'}, ...cards.map((card) => makeCard(page, card, () => choose(card))))));
  const where = app.prompts.active?.closest('.rd-inspector') ? say('tab.cards.brush') : say('whole.title');
  const dialog = openDialog(app, {title: say('tab.cards.title', {where}), name: 'rd-cards-dialog', buttons: [search]}, ...groups);
  const choose = (/** @type {Card} */ card) => (dialog.close(), app.guard(card.take));
  const find = (/** @type {string} */ words) => {
    for (const each of dialog.querySelectorAll('.rd-card')) /** @type {HTMLElement} */ (each).hidden = !each.getAttribute('data-words')?.includes(words.trim().toLowerCase());
  };
  search.focus();
}

/** The prompt that is in sight where none has had the focus. @param {TabApp} app @returns {HTMLTextAreaElement | null} */
function findPrompt({root}) {
  return root.querySelector('.rd-filled:not([hidden]) [data-field="prompt"] textarea') ?? root.querySelector('.rd-whole textarea');
}

/** Cards by their kinds, as the WebUI has them now. @param {TabApp} app @returns {Map<string, Card[]>} */
function collect(app) {
  /** @type {Map<string, Card[]>} */
  const kinds = new Map();
  for (const found of app.page.querySelectorAll(CARDS)) {
    const card = /** @type {HTMLElement} */ (found);
    const kind = (card.closest('[id$="_cards"]')?.id ?? '').replace(/^txt2img_|_cards$/g, '').replaceAll('_', ' ');
    const name = card.dataset.name ?? '';
    kinds.set(kind, [...(kinds.get(kind) ?? []), {name, words: `${name} ${card.querySelector('.search_terms, .additional')?.textContent ?? ''}`, picture: card.querySelector('img')?.src ?? '', take: () => card.click()}]);
  }
  const styles = app.controls.listChoices('styles').map((name) => ({name, words: name, picture: '', take: () => takeStyle(app, name)}));
  return styles.length ? kinds.set(app.say('tab.cards.styles'), styles) : kinds;
}

/** A style is written into a brush; the whole picture has it chosen, as in txt2img. @param {TabApp} app @param {string} name */
async function takeStyle(app, name) {
  const {prompts, controls} = app;
  if (!prompts.target?.closest('.rd-inspector')) return controls.choose('styles', name).then(() => app.refresh());
  const kept = prompts.styles.map((each) => (each.textContent ?? '').trim());
  for (const each of prompts.styles) /** @type {HTMLElement} */ (each.querySelector('.token-remove') ?? each).click();
  await controls.choose('styles', name);
  await prompts.writeStyles();
  for (const each of kept) await controls.choose('styles', each);
}

/** @param {Document} page @param {Card} card @param {() => void} click */
function makeCard(page, {name, words, picture}, click) {
  const image = picture && make(page, 'img', {src: picture, alt: '', loading: 'lazy'});
  return make(page, 'button', {type: 'button', class: 'rd-button rd-card', title: name, 'data-words': words.toLowerCase(), click}, image, make(page, 'span', {}, name));
}
