// The ten tasks in Forge Couple's panel, as a person who knows it does them. A negative for one region (4) it does not have. Each point of the picture
// needs a region, so where boxes or masks leave some free there is a first line for the whole picture.

import assert from 'node:assert/strict';
import {eventually, says} from './panel_hands.mjs';

/** @typedef {import('./panel_hands.mjs').Hands} Hands */
/** @typedef {import('./panel_tasks.mjs').Task} Task */

const [HOUSE, TREE] = ['a red house', 'a green tree'];
const LINES = `${HOUSE}\n${TREE}`;
const ALL = `green grass\n${LINES}`;
const IMAGE = '.fc_adv .fc_preview_img img';
const LEFT = [0.05, 0.45, 0.1, 0.9];
const RIGHT = [0.55, 0.95, 0.1, 0.9];
const STROKES = [
  [[0.12, 0.2], [0.4, 0.25], [0.12, 0.5], [0.4, 0.55], [0.15, 0.8]],
  [[0.6, 0.2], [0.88, 0.25], [0.6, 0.5], [0.88, 0.55], [0.62, 0.8]],
];

/** @param {Hands} hands */
const panel = (hands) => `#forge_couple_${hands.tab === 'img2img' ? 'i2i' : 't2i'}`;

/** @param {Hands} hands */
const unfold = (hands) => hands.click('open Forge Couple', hands.find(`${panel(hands)} > .label-wrap, ${panel(hands)} > button.label-wrap`));

/** @param {Hands} hands @param {string} mode @param {string} [prompt] */
async function open(hands, mode, prompt = LINES) {
  await hands.prompt(prompt);
  await unfold(hands);
  await hands.press('Enable', panel(hands));
  if (mode !== 'Basic') await hands.press(mode, panel(hands));
}

/** @param {Hands} hands */
const columns = (hands) => open(hands, 'Basic');

/** Two halves as rows of the table. @param {Hands} hands */
const rows = (hands) => open(hands, 'Advanced');

/** @param {Hands} hands @param {number} row from 1 @param {number} column from 1 */
const cell = (hands, row, column) => hands.find(`${panel(hands)} .fc_mapping tbody tr:nth-child(${row}) td:nth-child(${column})`);

/** Choose a row, or no row if it is chosen. @param {Hands} hands @param {number} row from 1 */
const choose = (hands, row) => hands.click(`row ${row}`, cell(hands, row, 2));

/** What a row holds: left, right, top, bottom, weight. @param {Hands} hands @param {number} row from 1 */
const readRow = async (hands, row) => (await hands.page.locator(`${panel(hands)} .fc_mapping tbody tr:nth-child(${row}) td`).allTextContents()).slice(0, 5).map(Number);

/** @param {Hands} hands */
async function stillWeighted(hands) {
  await eventually(hands, async () => near(await readRow(hands, 2), [0.5, 1, 0, 1, 0.7]));
  await says(...WELL, WEIGHTED)(hands);
}

/** Drag over the picture of the boxes. @param {Hands} hands @param {string} what @param {number[][]} places */
const drag = (hands, what, ...places) => hands.drag(what, hands.find(`${panel(hands)} ${IMAGE}`), ...places);

/** Make the chosen half this box, by two of its corners. @param {Hands} hands @param {number[]} box as the table has it @param {number[]} half its left and right side */
async function placeBox(hands, [left, right, top, bottom], [from, to]) {
  await drag(hands, 'drag a corner', [from + 0.012, 0.01], [left, top]);
  await drag(hands, 'drag a corner', [to - 0.012, 0.99], [right, bottom]);
}

/** @param {number[]} got @param {number[]} wanted */
function near(got, wanted) {
  for (const [index, value] of wanted.entries()) assert.ok(Math.abs(got[index] - value) < 0.03, `${got} for ${wanted}`);
}

/** @param {Hands} hands */
async function masks(hands) {
  await open(hands, 'Mask', ALL);
  await hands.press('First Line', panel(hands));
  await hands.press('Create Empty Canvas', panel(hands));
  for (const stroke of STROKES) {
    await hands.drag('stroke', hands.find(`${panel(hands)} .fc_msk img.forge-image`), ...stroke);
    await hands.press('Save Mask', panel(hands));
    await hands.page.waitForTimeout(2000);
  }
}

/** Open them or fold them. @param {Hands} hands */
const presets = (hands) => hands.unfold('Presets', panel(hands));

/** @param {Hands} hands */
async function save(hands) {
  await presets(hands);
  await hands.write('type the name', hands.find(`${panel(hands)} label:has(> span:text-is("Preset Name")) :is(textarea, input)`), 'two halves');
  await hands.press('Save Preset', panel(hands));
}

/** Two halves, the right one with another weight. @param {Hands} hands */
async function weighted(hands) {
  await rows(hands);
  await weigh(hands, '0.70');
}

/** @param {Hands} hands @param {string} weight */
const weigh = (hands, weight) => hands.write('weight', cell(hands, 2, 5), weight);

const WELL = [/forge_couple: True/, /a red house/, /a green tree/];
const WEIGHTED = /forge_couple_mapping: "?\[\[0.0, 0.5, 0.0, 1.0, 1.0\], \[0.5, 1.0, 0.0, 1.0, 0.7\]\]|forge_couple_mapping: .*0\.7/;
let old = Buffer.alloc(0);

/** @type {Task[]} */
export const COUPLE = [
  {number: 1, run: columns, check: says(...WELL, /forge_couple_mode: Basic/, /forge_couple_direction: Horizontal/)},
  {
    number: 2,
    async run(hands) {
      await open(hands, 'Advanced', ALL);
      await choose(hands, 1);
      await hands.click('new row above', hands.find(`${panel(hands)} #fc_up_btn`)); // over all the picture; the other one stays chosen
      await placeBox(hands, LEFT, [0, 0.5]);
      await choose(hands, 3);
      await placeBox(hands, RIGHT, [0.5, 1]);
    },
    async check(hands) {
      near(await readRow(hands, 1), [0, 1, 0, 1]);
      near(await readRow(hands, 2), LEFT);
      near(await readRow(hands, 3), RIGHT);
      await says(...WELL, /forge_couple_mode: Advanced/)(hands);
    },
  },
  {
    number: 3,
    async begin(hands) { // it keeps masks from page to page
      await unfold(hands);
      await hands.press('Mask', panel(hands));
      await hands.press('Reset All Masks', panel(hands));
      await hands.reload();
    },
    run: masks,
    async check(hands) {
      assert.equal(await hands.page.locator(`${panel(hands)} .fc_mask_row`).count(), 2);
      await says(...WELL, /forge_couple_mode: Mask/, /forge_couple_background: First Line/)(hands);
    },
  },
  {number: 5, begin: rows, run: (hands) => weigh(hands, '0.70'), check: says(...WELL, WEIGHTED)},
  {
    number: 6,
    begin: weighted,
    run: save,
    async check(hands) {
      await hands.choose('Mapping Presets', 'two halves', panel(hands)); // it is in the list
      await says(...WELL)(hands);
    },
  },
  {
    number: 7,
    async begin(hands) {
      await weighted(hands);
      await save(hands);
      await weigh(hands, '0.30');
      await presets(hands); // folds them
    },
    async run(hands) {
      await presets(hands);
      await hands.choose('Mapping Presets', 'two halves', panel(hands));
      await hands.press('Apply Preset', panel(hands));
    },
    check: stillWeighted,
  },
  {
    number: 8,
    async begin(hands) {
      await weighted(hands);
      await hands.draw();
      old = await hands.lastPicture();
      await weigh(hands, '0.30');
    },
    run: (hands) => hands.bringBack(old),
    check: stillWeighted,
  },
  {
    number: 9,
    async begin(hands) {
      await weighted(hands);
      await hands.draw();
    },
    async run(hands) {
      await hands.sendOn();
      await unfold(hands);
      await hands.press('Pull from txt2img', panel(hands));
    },
    check: stillWeighted,
  },
  {
    number: 10,
    async begin(hands) {
      await rows(hands);
      await hands.write('left side', cell(hands, 1, 2), '1.00'); // the first covers all
      await hands.write('right side', cell(hands, 2, 2), '0.90');
      await choose(hands, 2); // to write in a row has chosen it
    },
    async run(hands) {
      await choose(hands, 2);
      await drag(hands, 'move the box', [0.7, 0.5], [0.8, 0.5]);
    },
    async check(hands) {
      near(await readRow(hands, 2), [0.6, 1, 0, 1]);
      await says(...WELL, /forge_couple_mode: Advanced/)(hands);
    },
  },
];
