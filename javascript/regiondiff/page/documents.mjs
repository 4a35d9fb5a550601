// Documents and pictures that come and go: files, examples, and the last pictures' palettes.

import {fromPalette} from '../document/palette_json.mjs';
import {decodeInBrowser, listFileItems, openFile, save} from '../files/files.mjs';
import {say} from '../strings.mjs';
import {openMenu} from './menu.mjs';

export {exportMask} from '../files/files.mjs';

/** @import {App, Picture} from './app.mjs' */

/** @param {App} app @param {unknown} palette @param {string} label */
export async function load(app, palette, label) {
  const state = await fromPalette(palette, decodeInBrowser);
  const {steps, guidance, sampler} = app.editor.state.palette;
  app.editor.replace({...state, palette: {steps, guidance, sampler, ...state.palette}}, label);
  app.selection.set(state.palette.brushes.at(-1)?.id ?? null);
}

/** @param {App} app @param {File[]} files @param {'open' | 'background'} zone */
export async function takeFiles(app, files, zone) {
  for (const file of files.slice(0, 1)) await openFile(app, file, zone);
}

/** @param {App} app @param {HTMLElement | null} button */
export function openFileMenu(app, button) {
  showMenu(app, button, listFileItems(app));
}

/** @param {App} app @param {string} key */
export function runFileItem(app, key) {
  return listFileItems(app).find(({label}) => label === say(key))?.run();
}

/** @param {App} app @param {HTMLElement | null} button */
export async function openExamples(app, button) {
  const {presets, examples} = await app.client.get('api/presets');
  const named = (/** @type {string} */ name) => name.replace(/[-_]/g, ' ');
  showMenu(app, button, [
    ...examples.map((/** @type {string} */ name) => ({label: named(name), run: async () => load(app, await app.client.get(`api/examples/${name}`), 'example')})),
    ...presets.map((/** @type {any} */ preset) => ({label: named(preset.name), run: () => load(app, {...preset.palette, size: app.editor.size}, 'example')})),
  ]);
}

/** @param {App} app @param {HTMLElement | null} button @param {{label: string, run(): unknown}[]} items */
function showMenu(app, button, items) {
  const box = (button ?? app.root.querySelector('.rd-canvas-holder') ?? app.root).getBoundingClientRect();
  const guarded = items.map(({label, run}) => ({label, run: () => app.guard(run)}));
  openMenu(app, button ? {x: box.left, y: box.bottom} : {x: box.left + box.width / 2 - 90, y: box.top + box.height / 3}, guarded, button ?? undefined);
}

/** @param {App} app @param {Picture} picture */
export function restore(app, picture) {
  app.editor.replace(picture.state, 'restore');
  return app.drawing.show(picture);
}

/** @param {App} app @param {Picture} picture */
export async function download(app, picture) {
  save(app, await (await fetch(picture.address)).blob(), `${picture.seed}.png`);
}

/** @param {App} app @param {Picture} picture */
export async function copyPicture(app, picture) {
  const blob = await (await fetch(picture.address)).blob();
  await navigator.clipboard.write([new ClipboardItem({'image/png': blob})]);
  app.tell(say('picture.copied'), 'note');
}
