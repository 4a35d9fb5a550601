// Sending a picture of the tab to another one, by the WebUI's own reader of pictures: it takes prompts, settings and the palette along.

import {openMenu} from '../page/menu.mjs';
import {until} from './host_controls.mjs';
import {PLACES} from './tab_bar.mjs';

/** @import {App, Picture} from '../page/app.mjs' */
/** @import {TabApp} from './tab_app.mjs' */

const PATIENCE = 15000; // milliseconds in which the WebUI reads a picture
/** The tabs with the places' palettes. @type {Readonly<Record<string, string>>} */
const TARGETS = {txt2img: 'txt2img', img2img: 'img2img', inpaint: 'img2img', extras: 'extras'};
/** What takes a picture out of PNG Info, as the hosts name it. */
const CLEAR = 'button[aria-label="Clear"], button[aria-label="Remove Image"]';
/** The buttons of PNG Info by where they send. @type {Readonly<Record<string, string>>} */
const BUTTONS = {txt2img: 'txt2img_tab', img2img: 'img2img_tab', inpaint: 'inpaint_tab', extras: 'extras_tab'};

/** @param {App} app @param {HTMLElement} button */
export function openSend(app, button) {
  const picture = app.drawing.shown ?? app.drawing.pictures[0];
  if (!picture) return app.tell(app.say('tab.send.none'), {note: true});
  const box = button.getBoundingClientRect();
  openMenu(app, {x: box.left, y: box.bottom}, PLACES.map((place) => ({label: app.say(`tab.send.${place}`), run: () => send(app, picture, place)})), button);
}

/** @param {App} app @param {Picture} picture @param {typeof PLACES[number]} place */
export async function send(app, picture, place) {
  const {page} = app;
  const root = /** @type {HTMLElement} */ (page.getElementById('tab_pnginfo'));
  const told = () => /** @type {HTMLTextAreaElement | null} */ (root?.querySelector('#pnginfo_generation_info textarea'))?.value ?? '';
  const button = /** @type {HTMLElement | null} */ (root?.querySelector(`#${BUTTONS[place]}`));
  if (!root || !button) throw new Error(app.say('tab.send.gone'));
  await put(root, new File([picture.blob], `${picture.seed}.png`, {type: picture.blob.type || 'image/png'}), told);
  if (!(await until(told, PATIENCE))) throw new Error(app.say('tab.send.bare'));
  const field = /** @type {HTMLTextAreaElement | null} */ (page.querySelector(`#tab_${TARGETS[place]} [id$="_regiondiff_palette"] textarea`));
  const before = field?.value;
  button.click();
  await follow(/** @type {TabApp} */ (/** @type {unknown} */ (app)), field, before);
}

/** Where tabs have one palette, all of them get the one that comes with the picture. @param {TabApp} app @param {HTMLTextAreaElement | null} field of where it goes @param {string | undefined} before */
async function follow({links, tab}, field, before) {
  if (!field || !links.isLinked) return;
  if (await until(() => field.value !== before, PATIENCE)) tab.text = field.value;
}

/** Put a file into PNG Info, which is emptied before: what it tells after that is of this file. @param {HTMLElement} root @param {File} file @param {() => string} told */
async function put(root, file, told) {
  const image = /** @type {HTMLElement} */ (root.querySelector('#pnginfo_image'));
  const find = () => /** @type {HTMLInputElement | null} */ (image.querySelector('input[type="file"]'));
  const isThere = () => image.querySelector('img') !== null;
  if (isThere()) image.querySelector(CLEAR)?.dispatchEvent(new MouseEvent('click', {bubbles: true}));
  const field = await until(() => (isThere() || told() ? null : find()), PATIENCE);
  if (!field) throw new Error('PNG Info: expected its place for a picture, got none that is empty; reload the page');
  const files = new DataTransfer();
  files.items.add(file);
  field.files = files.files;
  field.dispatchEvent(new Event('change', {bubbles: true}));
  if (!(await until(isThere, PATIENCE))) throw new Error('PNG Info: expected the picture, got none; the console of the WebUI says more');
}
