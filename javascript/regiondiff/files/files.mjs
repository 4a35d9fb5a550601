// Files, in and out: palettes as JSON, pictures that carry one, masks; more kinds are read by the server.

import {toPalette} from '../document/palette_json.mjs';
import {encodePng} from '../document/png.mjs';
import {toPixels} from '../document/tiles.mjs';

/** @import {App} from '../page/app.mjs' */

/** What the menu offers. @param {App} app @returns {{label: string, run(): unknown}[]} */
export function listFileItems(app) {
  const {say} = app;
  return [
    {label: say('file.new'), run: () => app.startAnew()},
    {label: say('file.open'), run: () => choose(app, '.json,.png,.psd,.txt,.webp,.jpg,.jpeg', 'open')},
    {label: say('file.background'), run: () => choose(app, 'image/*', 'background')},
    ...(app.editor.state.palette.background.image ? [{label: say('file.noBackground'), run: () => app.setBackground(null)}] : []),
    {label: say('file.saveJson'), run: async () => save(app, new Blob([JSON.stringify(await toPalette(app.editor.state), null, 2)], {type: 'application/json'}), 'palette.json')},
    {label: say('file.savePsd'), run: async () => save(app, await app.client.download('api/psd', {palette: await toPalette(app.editor.state)}), 'palette.psd')},
    {label: say('file.random'), run: async () => app.withDocuments('load', (await import('./random_palette.mjs')).makeRandomPalette(app.editor.size), 'random')},
  ];
}

/** @param {App} app @param {string} accept @param {'open' | 'background'} zone */
function choose(app, accept, zone) {
  const field = Object.assign(app.page.createElement('input'), {type: 'file', accept});
  field.addEventListener('change', () => app.takeFiles([...(field.files ?? [])], zone));
  field.click();
}

/** @param {App} app @param {Blob} blob @param {string} name */
export function save(app, blob, name) {
  const link = Object.assign(app.page.createElement('a'), {href: URL.createObjectURL(blob), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** @param {App} app @param {string} id */
export async function exportMask(app, id) {
  const {width, height} = app.editor.size;
  const png = await encodePng(toPixels(app.editor.maskOf(id).tiles, app.editor.size), width, height, 1);
  save(app, new Blob([/** @type {BlobPart} */ (png)], {type: 'image/png'}), `${app.findBrush(id)?.name || id}.png`);
}

/** Put what a file holds onto the page. @param {App} app @param {File} file @param {'open' | 'background'} zone */
export async function openFile(app, file, zone) {
  if (zone === 'background') return app.setBackground(await readUrl(await shrinkPicture(file)));
  if (file.name.endsWith('.json') || file.type === 'application/json') return app.withDocuments('load', parse(await file.text()), 'open');
  const {palette} = await app.client.upload('api/read', file);
  await app.withDocuments('load', palette, 'open');
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`expected JSON, got something else: ${error instanceof Error ? error.message : error}`, {cause: error});
  }
}

/** A picture of a kind that palettes hold. @param {Blob} file @returns {Promise<Blob>} */
async function shrinkPicture(file) {
  if (['image/png', 'image/jpeg', 'image/webp'].includes(file.type)) return file;
  const image = await createImageBitmap(file).catch(() => {
    throw new Error('expected a picture, got a file that the browser cannot show');
  });
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.drawImage(image, 0, 0);
  return canvas.convertToBlob({type: 'image/png'});
}

/** @param {Blob} blob @returns {Promise<string>} */
function readUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A picture's pixels by the browser's own decoder. @param {string} url @returns {Promise<import('../document/types.d.ts').Pixels>} */
export async function decodeInBrowser(url) {
  const image = await createImageBitmap(await (await fetch(url)).blob(), {colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
}
