// Documents and pictures that come and go: files, examples, typed lines, and the last pictures' palettes.

import '../strings_later.mjs';
import {fromPalette} from '../document/palette_reading.mjs';
import {openMenu} from '../page/menu.mjs';
import {exportMask as exportOne, listFileItems, readFile, save} from './files.mjs';
import {decodeInBrowser, fitPicture, openPicture} from './pictures.mjs';

/** @import {App, Picture} from '../page/app.mjs' */
/** @import {State} from '../document/types.d.ts' */
/** @import {FileItem, Zone} from './files.mjs' */
/** @import {Item} from '../page/menu.mjs' */

const UNDER = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif', 'image/bmp'];

/** Another palette, as one step; what it does not say of how to draw stays. @param {App} app @param {unknown} palette @param {string} label */
export async function load(app, palette, label) {
  const state = await fromPalette(palette, app.services.schema, decodeInBrowser);
  await checkPicture(state);
  const {steps, guidance, sampler, model} = app.editor.state.palette;
  app.replace({...state, palette: {steps, guidance, sampler, ...(model ? {model} : {}), ...state.palette}}, label);
}

/** Whether the picture under the brushes can be shown; throws an Error that says where it stood. @param {State} state */
async function checkPicture({palette: {background}}) {
  if (typeof background.image !== 'string') return;
  try {
    (await openPicture(await (await fetch(background.image)).blob())).close();
  } catch (error) {
    throw new Error(`background.image: ${error instanceof TypeError ? 'expected a picture' : /** @type {Error} */ (error).message}`, {cause: error});
  }
}

/** @param {App} app */
export function startAnew(app) {
  app.replace(app.makeEmpty(), 'new');
  app.drawing.show(null);
}

/** @param {App} app @param {File[]} files @param {Zone} zone */
export async function takeFiles(app, files, zone) {
  const [file] = files;
  if (!file) return;
  if (zone === 'map') await takeMap(app, file);
  else if (zone === 'background' && UNDER.includes(file.type)) await paintOn(app, file);
  else await open(app, file);
}

/** @param {App} app @param {File} file */
async function open(app, file) {
  const found = await readFile(app, file);
  if ('palette' in found) return load(app, found.palette, 'open');
  await checkPicture(found.state);
  app.replace(found.state, 'open');
  const {states, count} = /** @type {{states?: [string, object][], count?: number}} */ (found.view ?? {});
  if (Array.isArray(states)) for (const [id, state] of states) app.setBrushState(id, state);
  if (Number.isInteger(count)) app.count = Number(count);
  app.refresh();
}

/** The areas of a colour map become brushes; says how many pixels had further colours. @param {App} app @param {Blob} file */
async function takeMap(app, file) {
  const {readColourMap} = await import('./colour_map.mjs');
  const url = URL.createObjectURL(file);
  const pixels = await decodeInBrowser(url).finally(() => URL.revokeObjectURL(url));
  const {state, snapped, made} = readColourMap(pixels, app.editor.state);
  app.replace(state, 'map');
  app.tell(app.say('map.read', {made, snapped}), {note: true});
}

/** @param {App} app @param {Blob} blob */
async function paintOn(app, blob) {
  const url = await fitPicture(blob, app.editor.size);
  app.editor.change('background', (palette) => (palette.background.image = url));
  app.drawing.show(null); // the drawn picture would lie over it
}

/** @param {App} app @param {HTMLElement} button */
export function openFileMenu(app, button) {
  showItems(app, listItems(app), button);
}

/** @param {App} app @param {(FileItem | '')[]} items @param {HTMLElement} [button] */
function showItems(app, items, button = app.bar.file) {
  showMenu(app, button, items.map((item) => (typeof item === 'string' ? item : {label: app.say(item.key), words: item.words, run: item.run})));
}

/** @param {App} app @param {string} key */
export function runFileItem(app, key) {
  const found = listItems(app).find((item) => typeof item !== 'string' && item.key === key);
  return typeof found === 'object' ? found.run() : undefined;
}

/** @param {App} app */
function listItems(app) {
  return listFileItems(app, {
    startAnew: () => startAnew(app),
    take: (files, zone) => void app.withDocuments('takeFiles', files, zone),
    showMore: (items) => showItems(app, items),
    openEarlier: () => openEarlier(app),
    openExamples: () => openExamples(app, app.bar.file),
  });
}

/** @param {App} app @param {HTMLElement | null} button */
export async function openExamples(app, button) {
  const {presets, examples} = await app.client.get('api/presets');
  const {say} = app;
  showMenu(app, button, [
    ...(examples.length ? [say('examples.whole')] : []),
    ...examples.map((/** @type {string} */ name) => ({label: name, run: async () => load(app, await app.client.get(`api/examples/${encodeURIComponent(name)}`), 'example')})),
    say('examples.layouts'),
    ...presets.map((/** @type {any} */ preset) => ({label: preset.name, run: () => load(app, {...preset.palette, size: app.editor.size}, 'example')})),
    '',
    {label: say('start.lines'), run: () => typeLines(app)},
    {label: say('file.random'), run: async () => load(app, (await import('./random_palette.mjs')).makeRandomPalette(app.editor.size), 'random')},
  ]);
}

/** @param {App} app */
export async function typeLines(app) {
  (await import('./lines.mjs')).askLines(app, (palette) => load(app, palette, 'lines'));
}

/** Documents of pages that were closed. @param {App} app */
export async function openEarlier(app) {
  const autosave = await app.keeper.open();
  const others = await autosave.listOthers();
  if (!others.length) return app.tell(app.say('earlier.none'), {note: true});
  const button = app.bar.file;
  showMenu(app, button, [
    app.say('file.earlier'),
    ...others.map((entry) => ({label: new Date(entry.time).toLocaleString(), words: app.say('earlier.brushes', {count: entry.palette.brushes.length}), run: async () => app.replace((await autosave.read(entry)).state, 'open')})),
  ]);
}

/** @param {App} app @param {HTMLElement | null} button @param {(Item | string)[]} items */
function showMenu(app, button, items) {
  const box = (button ?? app.root.querySelector('.rd-strip') ?? app.root).getBoundingClientRect();
  openMenu(app, {x: button ? box.left : box.left + box.width / 2 - 90, y: box.bottom}, items, button ?? undefined);
}

/** @param {App} app @param {string} id */
export function exportMask(app, id) {
  return exportOne(app, id);
}

/** The palette that a picture was drawn of comes back, as it was on this page or as the picture carries it. @param {App} app @param {Picture} picture */
export async function restore(app, picture) {
  if (picture.state) app.replace(picture.state, 'restore');
  else await load(app, picture.palette, 'restore');
  app.drawing.show(picture);
  app.tell(app.say('picture.restored'), {note: true});
}

/** @param {App} app @param {Picture} picture */
export async function paintOver(app, picture) {
  await paintOn(app, picture.blob);
}

/** @param {App} app @param {Picture} picture */
export function download(app, picture) {
  save(app, picture.blob, `region-diffusion-${picture.seed}.png`);
}

/** @param {App} app @param {Picture} picture */
export async function copyPicture(app, picture) {
  if (!navigator.clipboard?.write) throw new Error(app.say('picture.noClipboard'));
  await navigator.clipboard.write([new ClipboardItem({'image/png': picture.blob})]);
  app.tell(app.say('picture.copied'), {note: true});
}
