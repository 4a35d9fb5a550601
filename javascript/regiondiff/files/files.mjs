// Files, in and out: palettes as JSON, pictures that carry one, layers, masks. What this page cannot read the server does.

import {encodePng} from '../document/png.mjs';
import {toPixels} from '../document/tiles.mjs';
import {writePalette} from '../client/checking.mjs';

/** @import {App} from '../page/app.mjs' */
/** @typedef {{key: string, words?: string, run(): unknown}} FileItem */
/** @typedef {{startAnew(): void, take(files: File[], zone: 'open' | 'background'): void, load(palette: unknown, label: string): Promise<void>, openEarlier(): Promise<void>, openExamples(): Promise<void>}} Doors */

const OPENED = '.json,.png,.psd,.ora,.zip,.txt,.webp,.jpg,.jpeg';

/** What the menu offers; an empty text is a line. @param {App} app @param {Doors} doors @returns {(FileItem | '')[]} */
export function listFileItems(app, doors) {
  const json = async () => new Blob([JSON.stringify(await writePalette(app.editor.state), null, 2)], {type: 'application/json'});
  const {shown, pictures} = app.drawing;
  return [
    {key: 'file.new', run: doors.startAnew},
    {key: 'file.open', words: app.keyOf('file.open'), run: () => choose(app, OPENED, (files) => doors.take(files, 'open'))},
    {key: 'bar.examples', run: doors.openExamples},
    {key: 'file.earlier', run: doors.openEarlier},
    {key: 'file.background', run: () => choose(app, 'image/*', (files) => doors.take(files, 'background'))},
    '',
    {key: 'file.saveJson', words: app.keyOf('file.save'), run: async () => save(app, await json(), 'palette.json')},
    {key: 'file.savePsd', run: async () => save(app, await app.client.download('api/psd', {palette: await writePalette(app.editor.state)}), 'palette.psd')},
    {key: 'file.saveMasks', run: async () => save(app, await packMasks(app), 'masks.zip')},
    ...(pictures.length ? [{key: 'file.savePicture', run: () => app.withDocuments('download', shown ?? pictures[0])}] : []),
  ];
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
  save(app, new Blob([/** @type {BlobPart} */ (await drawMask(app, id))], {type: 'image/png'}), `${nameFile(app, id)}.png`);
}

/** @param {App} app @returns {Promise<Blob>} a zip with the mask of each brush */
async function packMasks(app) {
  const {zipSync} = await import('../vendor/fflate.mjs');
  const made = await Promise.all(app.editor.state.palette.brushes.map(async ({id}) => [`${nameFile(app, id)}.png`, [await drawMask(app, id), {level: 0}]]));
  return new Blob([/** @type {BlobPart} */ (zipSync(Object.fromEntries(made)))], {type: 'application/zip'});
}

/** @param {App} app @param {string} id @returns {string} the brush's number and name, as file systems take them */
function nameFile(app, id) {
  const {brushes} = app.editor.state.palette;
  const number = brushes.findIndex((brush) => brush.id === id) + 1;
  const name = brushes[number - 1]?.name.replace(/[^\p{L}\p{N} _-]/gu, '').trim().slice(0, 60);
  return `${String(number).padStart(2, '0')}${name ? ` ${name}` : ''}`;
}

/** Read the palette of a file. @param {App} app @param {File} file @param {(palette: unknown) => Promise<void>} load */
export async function openFile(app, file, load) {
  const limit = app.about.limits?.bytes ?? Infinity;
  if (file.size > limit) throw new Error(app.say('file.tooBig', {name: file.name, most: Math.floor(limit / 2 ** 20)}));
  if (file.name.endsWith('.json') || file.type === 'application/json') return load(parse(await file.text()));
  const {palette} = await app.client.upload('api/read', file);
  await load(palette);
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`expected JSON, got something else: ${error instanceof Error ? error.message : error}`, {cause: error});
  }
}
