// Files, in and out: palettes as JSON, pictures that carry one, layers, masks. What this page cannot read the server does.

import {encodePng} from '../document/png.mjs';
import {toPixels} from '../document/rasters.mjs';
import {writePalette} from '../client/sent.mjs';

/** @import {State} from '../document/types.d.ts' */
/** @import {App} from '../page/app.mjs' */
/** @typedef {{key: string, words?: string, run(): unknown}} FileItem */
/** @typedef {'open' | 'background' | 'map'} Zone */
/** @typedef {{startAnew(): void, take(files: File[], zone: Zone): void, openEarlier(): Promise<void>, openExamples(): Promise<void>, showMore(items: (FileItem | '')[]): void}} Doors */

const OPENED = '.json,.png,.psd,.ora,.zip,.regiondiff,.txt,.webp,.jpg,.jpeg';

/** What the menu offers; an empty text is a line. @param {App} app @param {Doors} doors @returns {(FileItem | '')[]} */
export function listFileItems(app, doors) {
  const {shown, pictures} = app.drawing;
  return [
    {key: 'file.new', run: doors.startAnew},
    {key: 'file.open', words: app.keyOf('file.open'), run: () => choose(app, OPENED, (files) => doors.take(files, 'open'))},
    {key: 'bar.examples', run: doors.openExamples},
    {key: 'file.earlier', run: doors.openEarlier},
    {key: 'file.background', run: () => choose(app, 'image/*', (files) => doors.take(files, 'background'))},
    {key: 'file.map', run: () => choose(app, 'image/*', (files) => doors.take(files, 'map'))},
    '',
    {key: 'file.saveJson', words: app.keyOf('file.save'), run: async () => save(app, await writeJson(app), 'palette.json')},
    {key: 'file.saveProject', run: async () => save(app, await writeProject(app), 'project.regiondiff')},
    {key: 'file.export', run: () => doors.showMore(listExports(app))},
    ...(pictures.length ? [{key: 'file.savePicture', run: () => app.withDocuments('download', shown ?? pictures[0])}] : []),
  ];
}

/** What other programs read. @param {App} app @returns {(FileItem | '')[]} */
function listExports(app) {
  const map = (/** @type {'regional prompter' | 'ade20k'} */ code) => async () => save(app, await writeMap(app, code), 'colour map.png');
  return [
    {key: 'file.saveOra', run: async () => save(app, await writeOra(app), 'palette.ora')},
    ...(app.about.layered === false ? [] : [{key: 'file.savePsd', run: async () => save(app, await app.client.download('api/psd', {palette: await writePalette(app.editor.state)}), 'palette.psd')}]),
    {key: 'file.saveMasks', run: async () => save(app, await packMasks(app), 'masks.zip')},
    '',
    {key: 'file.saveMap', run: async () => save(app, await writeMap(app), 'colour map.png')},
    {key: 'file.saveMapRegional', run: map('regional prompter')},
    {key: 'file.saveMapAde', run: map('ade20k')},
  ];
}

/** @param {App} app */
async function writeJson(app) {
  return new Blob([JSON.stringify(await writePalette(app.editor.state), null, 2)], {type: 'application/json'});
}

/** @param {App} app */
async function writeProject(app) {
  const {writeProject: write} = await import('./project.mjs');
  return toBlob(await write(app.editor.state, {states: [...app.states], count: app.count}), 'application/zip');
}

/** @param {App} app */
async function writeOra(app) {
  const [{writeOpenRaster}, {decodeInBrowser}] = await Promise.all([import('./openraster.mjs'), import('./pictures.mjs')]);
  return toBlob(await writeOpenRaster(app.editor.state, decodeInBrowser), 'image/openraster');
}

/** @param {App} app @param {'regional prompter' | 'ade20k'} [code] */
async function writeMap(app, code) {
  const {writeColourMap} = await import('./colour_map.mjs');
  return toBlob(await writeColourMap(app.editor.state, code), 'image/png');
}

/** @param {Uint8Array} bytes @param {string} type */
function toBlob(bytes, type) {
  return new Blob([/** @type {BlobPart} */ (bytes)], {type});
}

/** @param {App} app @param {string} accept @param {(files: File[]) => void} take */
function choose(app, accept, take) {
  const field = Object.assign(app.page.createElement('input'), {type: 'file', accept});
  field.addEventListener('change', () => take([...(field.files ?? [])]));
  field.click();
}

/** @param {App} app @param {Blob} blob @param {string} name */
export function save(app, blob, name) {
  const link = Object.assign(app.page.createElement('a'), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** @param {App} app @param {string} id */
function drawMask(app, id) {
  const {size} = app.editor;
  return encodePng(toPixels(app.editor.maskOf(id).tiles, size), size.width, size.height, 1);
}

/** @param {App} app @param {string} id */
export async function exportMask(app, id) {
  save(app, toBlob(await drawMask(app, id), 'image/png'), `${nameFile(app, id)}.png`);
}

/** @param {App} app @returns {Promise<Blob>} a zip with the mask of each brush */
async function packMasks(app) {
  const {pack} = await import('./archive.mjs');
  const made = await Promise.all(app.editor.state.palette.brushes.map(async ({id}) => [`${nameFile(app, id)}.png`, await drawMask(app, id)]));
  return toBlob(pack(Object.fromEntries(made)), 'application/zip');
}

/** @param {App} app @param {string} id @returns {string} the brush's number and name, as file systems take them */
function nameFile(app, id) {
  const {brushes} = app.editor.state.palette;
  const number = brushes.findIndex((brush) => brush.id === id) + 1;
  const name = brushes[number - 1]?.name.replace(/[^\p{L}\p{N} _-]/gu, '').trim().slice(0, 60);
  return `${String(number).padStart(2, '0')}${name ? ` ${name}` : ''}`;
}

/** What a file holds: a palette as JSON, or a whole document. @param {App} app @param {File} file @returns {Promise<{palette: unknown} | {state: State, view?: Record<string, unknown>}>} */
export async function readFile(app, file) {
  const limit = app.about.limits?.bytes ?? Infinity;
  if (file.size > limit) throw new Error(app.say('file.tooBig', {name: file.name, most: Math.floor(limit / 2 ** 20)}));
  if (file.name.endsWith('.json') || file.type === 'application/json') return {palette: parse(await file.text())};
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'PK\x03\x04') return app.client.upload('api/read', file);
  const {schema} = app.services;
  const {readOpenRaster} = await import('./openraster_reading.mjs');
  if (/\.ora$/i.test(file.name) || new TextDecoder('latin1').decode(bytes.subarray(0, 80)).includes('image/openraster')) return {state: await readOpenRaster(bytes, schema)};
  return (await import('./project.mjs')).readProject(bytes, schema);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`expected JSON, got something else: ${error instanceof Error ? error.message : error}`, {cause: error});
  }
}
