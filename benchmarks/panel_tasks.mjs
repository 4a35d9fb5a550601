// The ten tasks in other extensions' panels, as a person who knows the panel does them: docs/reports/panels.md counts their steps.

import assert from 'node:assert/strict';

/** @typedef {import('./panel_actions.mjs').Hands} Hands */
/** @typedef {{number: number, begin?(hands: Hands): Promise<void>, run(hands: Hands): Promise<void>, check(hands: Hands): Promise<void>}} Task */

/** What a picture must say of itself. @param {...RegExp} wanted @returns {(hands: Hands) => Promise<void>} */
const says = (...wanted) => async (hands) => {
  const said = await hands.draw();
  for (const each of wanted) assert.match(said, each);
};

const BREAK = 'a red house BREAK a green tree';

const prompter = {
  panel: ':has(> .label-wrap:has-text("Regional Prompter"))',
  async open(hands) {
    await hands.unfold('Regional Prompter');
    await hands.click('tick Regional Prompter', hands.find('.label-wrap:has(span:text-is("Regional Prompter")) input'));
  },
  async columns(hands) {
    await hands.prompt(BREAK);
    await prompter.open(hands);
  },
};

/** @type {Task[]} */
const PROMPTER = [
  {number: 1, run: prompter.columns, check: says(/RP Active: True/, /RP Divide mode: Matrix/, /RP Ratios: "?1,1/)},
  {
    number: 4,
    begin: prompter.columns,
    run: (hands) => hands.write('type the negative with BREAK', hands.find('#txt2img_neg_prompt textarea'), 'grey BREAK brown'),
    check: says(/Negative prompt: grey BREAK brown/, /RP Active: True/),
  },
  {
    number: 5,
    begin: prompter.columns,
    async run(hands) {
      await hands.prompt(`a garden BREAK ${BREAK}`);
      await hands.press('Use base prompt', prompter.panel);
      await hands.write('type the base ratios', hands.find('#RP_base_ratiot2i :is(textarea, input)'), '0.2,0.6');
    },
    check: says(/RP Base Ratios: "?0.2,0.6/, /RP Use Base: True/),
  },
  {
    number: 6,
    begin: prompter.columns,
    async run(hands) {
      await hands.unfold('Presets', prompter.panel);
      await hands.write('type the name', hands.find('#RP_preset_namet2i :is(textarea, input)'), 'two halves');
      await hands.press('Save to Presets', prompter.panel);
    },
    check: says(/RP Active: True/),
  },
  {
    number: 7,
    begin: prompter.columns,
    async run(hands) {
      await hands.unfold('Presets', prompter.panel);
      await hands.choose('Presets', 'Horizontal-3', prompter.panel);
      await hands.press('Apply Presets', prompter.panel);
    },
    check: says(/RP Ratios: "?1,1,1/),
  },
  {
    number: 9,
    begin: prompter.columns,
    async run(hands) {
      await hands.go('img2img');
      await hands.prompt(BREAK);
      await prompter.open(hands);
    },
    check: async (hands) => assert.ok(await hands.find('#RP_divide_ratioi2i').isVisible()),
  },
  {
    number: 10,
    begin: prompter.columns,
    run: (hands) => hands.write('type the ratios', hands.find('#RP_divide_ratiot2i :is(textarea, input)'), '1,2'),
    check: says(/RP Ratios: "?1,2/),
  },
];

const tiled = {
  region: (number) => `#MD-accordion-t2i-${number}`,
  box: (number) => `#MD-bbox-t2i-${number}`,
  async open(hands) {
    await hands.unfold('Tiled Diffusion');
    await hands.unfold('Region Prompt Control');
    await hands.press('Enable Control');
    await hands.press('Create txt2img canvas');
  },
  async addRegion(hands, number, words, [left, top], [right, bottom]) {
    await hands.unfold(`Region ${number + 1}`);
    await hands.press(`Enable Region ${number + 1}`);
    const canvas = hands.find('#MD-bbox-ref-t2i img');
    await hands.drag('move the box', canvas, [0.5, 0.5], [left + 0.1, top + 0.1]);
    await hands.drag('stretch the box', canvas, [left + 0.197, top + 0.197], [right, bottom]);
    await hands.write('type', hands.find(`#MD-t2i-${number}-prompt textarea`), words);
  },
  async boxes(hands) {
    await tiled.open(hands);
    await tiled.addRegion(hands, 0, 'a red house', [0.05, 0.1], [0.45, 0.9]);
    await tiled.addRegion(hands, 1, 'a green tree', [0.55, 0.1], [0.95, 0.9]);
  },
  async saved(hands) {
    await tiled.boxes(hands);
    await tiled.save(hands);
  },
  async save(hands) {
    await hands.write('type the name', hands.find('#MD-t2i-cfg-name :is(textarea, input)'), 'halves.json');
    await hands.press('💾 Save');
  },
};

/** @type {Task[]} */
const TILED = [
  {number: 2, run: tiled.boxes, check: says(/Tiled Diffusion/, /a red house/, /a green tree/)},
  {
    number: 4,
    begin: tiled.boxes,
    run: (hands) => hands.write('type the negative', hands.find('#MD-t2i-1-neg-prompt :is(textarea, input)'), 'brown'),
    check: says(/brown/),
  },
  {number: 6, begin: tiled.boxes, run: tiled.save, check: async (hands) => assert.match(await hands.find(':text("halves.json")').innerText(), /saved|halves/i)},
  {
    number: 7,
    begin: tiled.saved,
    async run(hands) {
      await hands.write('type the name', hands.find('#MD-t2i-cfg-name :is(textarea, input)'), 'halves.json');
      await hands.press('⚙️ Load');
    },
    check: says(/a red house/),
  },
  {
    number: 10,
    begin: tiled.boxes,
    run: (hands) => hands.drag('move the box', hands.find('#MD-bbox-ref-t2i img'), [0.75, 0.3], [0.7, 0.35]),
    check: says(/a red house/),
  },
];

/** Tasks by panel. @type {Record<string, Task[]>} */
export const PANELS = {'Regional Prompter': PROMPTER, 'Tiled Diffusion': TILED};
