// The ten tasks in Regional Prompter's panel, as a person who knows it does them. Boxes where one wants them (2) it does not have.

import assert from 'node:assert/strict';
import {says} from './panel_hands.mjs';

/** @typedef {import('./panel_hands.mjs').Hands} Hands */
/** @typedef {import('./panel_tasks.mjs').Task} Task */

const BREAK = 'a red house BREAK a green tree';
const PANEL = ':has(> .label-wrap:has-text("Regional Prompter"))';
const HEADER = '.label-wrap:has(span:text-is("Regional Prompter"))';
const OUTLINES = [
  [[0.1, 0.2], [0.4, 0.15], [0.42, 0.8], [0.12, 0.85], [0.1, 0.2]],
  [[0.6, 0.2], [0.9, 0.15], [0.92, 0.8], [0.62, 0.85], [0.6, 0.2]],
];

/** @param {Hands} hands */
async function open(hands) {
  await hands.unfold('Regional Prompter');
  await tick(hands);
}

/** The header has a tick, which needs no open panel. @param {Hands} hands */
const tick = (hands) => hands.click('tick Regional Prompter', hands.find(`${HEADER} input`));

/** @param {Hands} hands */
async function columns(hands) {
  await hands.prompt(BREAK);
  await open(hands);
}

/** @param {Hands} hands */
async function drawMasks(hands) {
  await hands.prompt(BREAK);
  await open(hands);
  await hands.press('Mask', PANEL);
  await hands.press('Create mask area', PANEL);
  for (const outline of OUTLINES) {
    await hands.drag('outline', hands.find('#polymaskt2i canvas[key="interface"]'), ...outline);
    await hands.press('Draw region + show mask', PANEL);
    await hands.page.waitForTimeout(2500);
  }
}

/** Tasks 4 to 10 begin with it, and task 9 with a picture. @param {Hands} hands */
async function drawn(hands) {
  await columns(hands);
  await hands.draw();
}

let old = Buffer.alloc(0);

/** @type {Task[]} */
export const PROMPTER = [
  {
    number: 1,
    async run(hands) {
      await hands.prompt(BREAK);
      await tick(hands);
    },
    check: says(/RP Active: True/, /RP Divide mode: Matrix/, /RP Matrix submode: Columns/, /RP Ratios: "?1,1/, /a red house BREAK a green tree/),
  },
  {
    number: 3,
    run: drawMasks,
    async check(hands) {
      assert.equal(await hands.page.locator('#RP_mask_regiont2i input').first().inputValue(), '3'); // the next one's number
      await says(/RP Active: True/, /RP Divide mode: Mask/)(hands);
    },
  },
  {
    number: 4,
    begin: columns,
    run: (hands) => hands.write('type the negative with BREAK', hands.find('#txt2img_neg_prompt textarea'), 'grey BREAK brown'),
    check: says(/Negative prompt: grey BREAK brown/, /RP Active: True/),
  },
  {
    number: 5,
    begin: columns,
    async run(hands) {
      await hands.prompt(`a garden BREAK ${BREAK}`);
      await hands.press('Use base prompt', PANEL);
      await hands.write('type the base ratios', hands.find('#RP_base_ratiot2i :is(textarea, input)'), '0.2,0.6');
    },
    check: says(/RP Base Ratios: "?0.2,0.6/, /RP Use Base: True/),
  },
  {
    number: 6,
    begin: columns,
    async run(hands) {
      await hands.unfold('Presets', PANEL);
      await hands.write('type the name', hands.find('#RP_preset_namet2i :is(textarea, input)'), 'two halves');
      await hands.press('Save to Presets', PANEL);
    },
    async check(hands) {
      await hands.choose('Presets', 'two halves', PANEL); // it is in the list
      await says(/RP Active: True/)(hands);
    },
  },
  {
    number: 7,
    begin: columns,
    async run(hands) {
      await hands.unfold('Presets', PANEL);
      await hands.choose('Presets', 'Horizontal-3', PANEL);
      await hands.press('Apply Presets', PANEL);
    },
    check: says(/RP Ratios: "?1,1,1/),
  },
  {
    number: 8,
    async begin(hands) {
      await columns(hands);
      await hands.write('type the ratios', hands.find('#RP_divide_ratiot2i :is(textarea, input)'), '1,2');
      await hands.draw();
      old = await hands.lastPicture();
      await hands.write('type the ratios', hands.find('#RP_divide_ratiot2i :is(textarea, input)'), '3,1');
      await tick(hands);
    },
    run: (hands) => hands.bringBack(old),
    check: says(/RP Active: True/, /RP Ratios: "?1,2/),
  },
  {number: 9, begin: drawn, run: (hands) => hands.sendOn(), check: says(/RP Active: True/, /RP Ratios: "?1,1/, /a red house BREAK a green tree/)},
  {
    number: 10,
    begin: columns,
    run: (hands) => hands.write('type the ratios', hands.find('#RP_divide_ratiot2i :is(textarea, input)'), '1,2'),
    check: says(/RP Ratios: "?1,2/),
  },
];
