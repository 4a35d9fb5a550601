// A grid of methods: the same palette and seed drawn by each of them, and one picture of all with their names.

import '../strings_later.mjs';

/** @import {App, Picture} from '../page/app.mjs' */
/** @typedef {{name: string, picture: Picture}} Cell */

/** Height of a name above its picture, and the longest side of a grid, in pixels. */
const LINE = 28;
const LONGEST = 4096;

/**
 * Draw the palette by each method, then show them all in one picture. What fails or is stopped ends it; what was drawn stays.
 * @param {App} app @param {Record<string, Record<string, unknown>>} methods the settings of each, under its name
 */
export async function drawByEach(app, methods) {
  const {drawing} = app;
  if (drawing.job) return;
  const {state} = app.editor;
  const seed = Number(state.palette.seed ?? Math.floor(Math.random() * 2 ** 32));
  /** @type {Cell[]} */
  const cells = [];
  for (const [name, settings] of Object.entries(methods)) {
    const before = drawing.pictures[0];
    await drawing.draw({...settings, seed});
    const [picture] = drawing.pictures;
    if (drawing.stopping || !picture || picture === before) return;
    cells.push({name, picture});
  }
  const {palette} = cells[0].picture;
  await drawing.add({id: `methods of ${cells.map(({picture}) => picture.id).join(', ')}`, seed, palette, blob: await drawGrid(cells), state});
}

/** The pictures in two columns, each below its name, as PNG. @param {Cell[]} cells @returns {Promise<Blob>} */
async function drawGrid(cells) {
  const {width, height} = cells[0].picture.image;
  const rows = Math.ceil(cells.length / 2);
  const scale = Math.min(1, LONGEST / Math.max(2 * width, rows * (height + LINE)));
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  const canvas = new OffscreenCanvas(2 * wide, rows * (high + LINE));
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#000';
  context.font = '16px sans-serif';
  context.textBaseline = 'middle';
  cells.forEach(({name, picture}, index) => {
    const [x, y] = [(index % 2) * wide, Math.floor(index / 2) * (high + LINE)];
    context.fillText(name, x + 8, y + LINE / 2, wide - 16);
    context.drawImage(picture.image, x, y + LINE, wide, high);
  });
  return canvas.convertToBlob({type: 'image/png'});
}
