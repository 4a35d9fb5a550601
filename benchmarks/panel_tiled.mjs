// The ten tasks in Tiled Diffusion's panel, as a person who knows it does them. It has boxes alone (no 1, 3), no share of a region (5), and
// what its pictures say of themselves is not read back (8).

import assert from 'node:assert/strict';
import {eventually, says} from './panel_hands.mjs';

/** @typedef {import('./panel_hands.mjs').Hands} Hands */
/** @typedef {import('./panel_tasks.mjs').Task} Task */

const REFERENCE = '#MD-bbox-ref-t2i img';
const FILE = 'halves.json';

/** @param {Hands} hands */
async function open(hands) {
  await hands.unfold('Tiled Diffusion'); // which ticks it
  await hands.unfold('Region Prompt Control');
  await hands.press('Enable Control');
  await hands.press('Create txt2img canvas');
}

/** A region's box stands in the middle, a fifth as wide and as high as the picture. @param {Hands} hands @param {number} number from 0 @param {string} words @param {number[]} from @param {number[]} to */
async function addRegion(hands, number, words, [left, top], [right, bottom]) {
  await hands.unfold(`Region ${number + 1}`);
  await hands.press(`Enable Region ${number + 1}`);
  const canvas = hands.find(REFERENCE);
  await hands.drag('move the box', canvas, [0.5, 0.5], [left + 0.1, top + 0.1]);
  await hands.drag('stretch the box', canvas, [left + 0.197, top + 0.197], [right, bottom]);
  await hands.write('type', hands.find(`#MD-t2i-${number}-prompt textarea`), words);
}

/** @param {Hands} hands */
async function boxes(hands) {
  await open(hands);
  await addRegion(hands, 0, 'a red house', [0.05, 0.1], [0.45, 0.9]);
  await addRegion(hands, 1, 'a green tree', [0.55, 0.1], [0.95, 0.9]);
}

/** @param {Hands} hands */
const here = (hands) => (hands.tab === 'img2img' ? 'i2i' : 't2i');

/** @param {Hands} hands */
const typeFile = (hands) => hands.write('type the name', hands.find(`#MD-${here(hands)}-cfg-name :is(textarea, input)`), FILE);

/** @param {Hands} hands */
async function save(hands) {
  await typeFile(hands);
  await hands.press('💾 Save');
}

/** The numbers of a box as its sliders hold them. @param {Hands} hands @param {number} number from 0 */
const readBox = (hands, number) => Promise.all(['x', 'y', 'w', 'h'].map(async (side) => Number(await hands.page.locator(`#MD-${here(hands)}-${number}-${side} input`).first().inputValue())));

/** @param {number[]} got @param {number[]} wanted */
function near(got, wanted) {
  for (const [index, value] of got.entries()) assert.ok(Math.abs(value - wanted[index]) < 0.03, `${got} for ${wanted}`);
}

const BOTH = [[0.05, 0.1, 0.4, 0.8], [0.55, 0.1, 0.4, 0.8]];

/** @type {Task[]} */
export const TILED = [
  {
    number: 2,
    run: boxes,
    async check(hands) {
      for (const [number, box] of BOTH.entries()) await eventually(hands, async () => near(await readBox(hands, number), box));
      await says(/Tiled Diffusion/, /a red house/, /a green tree/)(hands);
    },
  },
  {
    number: 4,
    begin: boxes,
    run: (hands) => hands.write('type the negative', hands.find('#MD-t2i-1-neg-prompt :is(textarea, input)'), 'brown'),
    check: says(/brown/),
  },
  {number: 6, begin: boxes, run: save, check: async (hands) => assert.match(await hands.find(`:text("${FILE}")`).innerText(), /saved|halves/i)},
  {
    number: 7,
    async begin(hands) {
      await boxes(hands);
      await save(hands);
      await hands.write('type', hands.find('#MD-t2i-1-prompt textarea'), 'a blue lake');
      await hands.write('type', hands.find('#MD-t2i-cfg-name :is(textarea, input)'), 'config.json'); // as it was
    },
    async run(hands) {
      await typeFile(hands);
      await hands.press('⚙️ Load');
    },
    async check(hands) {
      for (const [number, box] of BOTH.entries()) await eventually(hands, async () => near(await readBox(hands, number), box));
      await says(/a red house/, /a green tree/)(hands);
    },
  },
  {
    number: 9,
    async begin(hands) {
      await boxes(hands);
      await hands.draw();
    },
    async run(hands) {
      await save(hands);
      await hands.sendOn();
      await hands.unfold('Tiled Diffusion'); // which ticks it
      await hands.unfold('Region Prompt Control');
      await hands.press('Enable Control');
      await hands.press('From img2img');
      await typeFile(hands);
      await hands.press('⚙️ Load');
    },
    async check(hands) {
      for (const [number, box] of BOTH.entries()) await eventually(hands, async () => near(await readBox(hands, number), box));
      await says(/Tiled Diffusion/, /a red house/, /a green tree/)(hands);
    },
  },
  {
    number: 10,
    begin: boxes,
    run: (hands) => hands.drag('move the box', hands.find(REFERENCE), [0.75, 0.3], [0.7, 0.35]),
    async check(hands) {
      near(await readBox(hands, 1), [0.5, 0.15, 0.4, 0.8]);
      await says(/a red house/)(hands);
    },
  },
];
