// The ten tasks in our own panel, as a person who knows it does them.

import assert from 'node:assert/strict';
import {inflateSync} from 'node:zlib';

/** @typedef {import('./panel_hands.mjs').Hands} Hands */
/** @typedef {import('./panel_tasks.mjs').Task} Task */
/** @typedef {import('../javascript/regiondiff/document/types.d.ts').Brush} Brush */

const [HOUSE, TREE] = ['a red house', 'a green tree'];
const [LEFT, RIGHT] = [[0.05, 0.1, 0.45, 0.9], [0.55, 0.1, 0.95, 0.9]];
const STROKES = [
  [[0.12, 0.2], [0.4, 0.25], [0.12, 0.5], [0.4, 0.55], [0.15, 0.8]],
  [[0.6, 0.2], [0.88, 0.25], [0.6, 0.5], [0.88, 0.55], [0.62, 0.8]],
];
const NEAR = 0.04; // of the picture

/** A part of the panel. @param {Hands} hands @param {string} selector */
const part = (hands, selector) => hands.find(`[id$="_regiondiff_accordion"] ${selector}`);

/** @param {Hands} hands */
async function open(hands) {
  await hands.click('open Region Diffusion', hands.page.locator(`#tab_${hands.tab} [id$="_regiondiff_accordion"] > .label-wrap`).first());
  await hands.page.waitForFunction((tab) => document.querySelector(`#tab_${tab} .regiondiff-surface`)?.regiondiff, hands.tab);
}

let unfolded = {x: 0, y: 0, width: 0, height: 0};

/** Where the surface and its canvas are: the surface's box in the window, and the canvas in it. @param {Hands} hands */
const look = (hands) => hands.page.evaluate((tab) => {
  const {x, y} = document.querySelector(`#tab_${tab} .rd-surface`).getBoundingClientRect();
  const {stage, editor} = document.querySelector(`#tab_${tab} .regiondiff-surface`).regiondiff;
  const {view} = stage;
  return {surface: {x, y}, canvas: {x: view.x, y: view.y, width: editor.size.width * view.zoom, height: editor.size.height * view.zoom}};
}, hands.tab);

/** @param {{surface: {x: number, y: number}, canvas: {x: number, y: number, width: number, height: number}}} where @param {number[]} place in shares of the picture */
const locate = ({surface, canvas}, [u, v]) => [surface.x + canvas.x + u * canvas.width, surface.y + canvas.y + v * canvas.height];

/** @param {Hands} hands */
const stripOf = (hands) => hands.page.locator(`#tab_${hands.tab} .rd-canvas-holder`).first();

/** Learn where the canvas comes when it unfolds from the empty strip, as who knows the panel has, on a page that is then left. @param {Hands} hands */
async function learn(hands) {
  await open(hands);
  await stripOf(hands).scrollIntoViewIfNeeded();
  await hands.page.waitForTimeout(800);
  const {surface} = await look(hands);
  await unfold(hands);
  const after = await look(hands);
  unfolded = {...after.canvas, y: after.canvas.y + after.surface.y - surface.y};
  await hands.reload();
}

/** Press beside the canvas in the empty strip: then it is there in its full height. @param {Hands} hands */
const unfold = (hands) => hands.act('press in the strip', () => part(hands, '.rd-surface').click({position: {x: 30, y: 40}}));

/** Drag over the canvas. @param {Hands} hands @param {string} what @param {number[][]} places in shares of the picture */
async function drag(hands, what, ...places) {
  await stripOf(hands).scrollIntoViewIfNeeded();
  await hands.trace(what, async () => {
    const where = await look(hands);
    return places.map((place) => locate(where, place));
  });
}

/** The first drag, in the strip, where the canvas unfolds under the pointer: one sees it before one moves on. @param {Hands} hands @param {number[]} from @param {number[]} to */
async function dragInStrip(hands, from, to) {
  await hands.act('drag', async () => {
    const {mouse} = hands.page;
    await stripOf(hands).scrollIntoViewIfNeeded();
    await hands.page.waitForTimeout(800);
    const {surface} = await look(hands);
    await mouse.move(...locate({surface, canvas: unfolded}, from), {steps: 3});
    await mouse.down();
    await hands.page.waitForTimeout(500);
    await mouse.move(...locate(await look(hands), to), {steps: 8});
    await mouse.up();
  });
}

/** Two rectangles, and what is there: the cursor stands in the prompt of each. @param {Hands} hands */
async function boxes(hands) {
  await open(hands);
  await dragInStrip(hands, LEFT.slice(0, 2), LEFT.slice(2));
  await hands.type('type', HOUSE);
  await drag(hands, 'drag', RIGHT.slice(0, 2), RIGHT.slice(2));
  await hands.type('type', TREE);
}

/** What tasks 4 to 10 begin with. @param {Hands} hands */
async function begin(hands) {
  await learn(hands);
  await boxes(hands);
}

/** @param {Hands} hands */
async function areas(hands) {
  await open(hands);
  await unfold(hands);
  await hands.click('Brush', part(hands, '.rd-tool[aria-label="Brush"]'));
  await drag(hands, 'stroke', ...STROKES[0]);
  await hands.type('type', HOUSE);
  await hands.key('Tab');
  await drag(hands, 'stroke', ...STROKES[1]);
  await hands.type('type', TREE);
}

/** @param {Hands} hands @param {string} words of its prompt */
const choose = (hands, words) => hands.click(`choose ${words}`, part(hands, `.rd-row .rd-main:has-text("${words}")`));

/** @param {Hands} hands @param {string} name of a field of the chosen brush @param {string} value */
const fill = (hands, name, value) => hands.write(`type ${name}`, part(hands, `[data-field="${name}"] :is(textarea, input:not([type=range]))`), value);

/** @param {Hands} hands */
const openRest = (hands) => hands.click('open negative, strength, seed …', part(hands, '.rd-filled details > summary'));

/** @param {Hands} hands @param {string} field one of those that are folded @param {string} text */
async function fillRest(hands, field, text) {
  await choose(hands, HOUSE);
  await openRest(hands);
  await fill(hands, field, text);
}

/** The brushes of the palette that a picture was drawn by, with marks where pictures were. @param {string} said @returns {Brush[]} */
function readBrushes(said) {
  const [, packed] = said.match(/Region Diffusion: (rd[12]\.[\w+/=.]+)/) ?? [];
  assert.ok(packed, `a palette in “${said}”`);
  const body = inflateSync(Buffer.from(packed.split('.').at(-1), 'base64')).toString('latin1');
  const [table] = body.match(/^(?:\w+ \d+\n)*\n/) ?? [''];
  const taken = [...table.matchAll(/ (\d+)\n/g)].reduce((sum, [, length]) => sum + Number(length), 0);
  return JSON.parse(body.slice(table.length + taken).replaceAll('\u0001', 'picture ')).brushes;
}

/** @param {Hands} hands */
async function drawBrushes(hands) {
  const brushes = readBrushes(await hands.draw());
  assert.deepEqual(brushes.map(({prompt}) => prompt), [HOUSE, TREE]);
  return brushes;
}

/** @param {Brush} brush @param {number[]} wanted left, top, right, bottom */
function isAt({mask}, wanted) {
  for (const [index, side] of mask.rectangle.entries()) assert.ok(Math.abs(side - wanted[index]) < NEAR, `${mask.rectangle} for ${wanted}`);
}

/** @param {Hands} hands */
async function isThere(hands) {
  const [house, tree] = await drawBrushes(hands);
  isAt(house, LEFT);
  isAt(tree, RIGHT);
}

/** @param {Hands} hands */
const json = (hands) => hands.click('JSON', part(hands, '[data-view="json"]'));

/** @param {Hands} hands */
async function save(hands) {
  await json(hands);
  await hands.write('type the name', part(hands, '[data-key="name"]'), `two boxes ${Date.now()}`);
  await hands.click('Save', part(hands, 'button[data-key="save"]'));
}

/** Choose the palette that was saved last. @param {Hands} hands */
const chooseSaved = (hands) => hands.act('choose the name', async () => {
  const saved = part(hands, 'select[data-key="saved"]');
  await saved.selectOption((await saved.locator('option').allTextContents()).filter((name) => name.startsWith('two boxes ')).sort().at(-1) ?? '');
});

let old = Buffer.alloc(0);

/** @type {Task[]} */
export const OURS = [
  {
    number: 1,
    async run(hands) {
      await hands.prompt(`${HOUSE}\n${TREE}`);
      await open(hands);
      await hands.click('Type lines', part(hands, '.rd-strip button:has-text("Type lines")'));
    },
    async check(hands) {
      const brushes = await drawBrushes(hands);
      assert.ok(brushes.every(({mask}) => mask.rectangle && mask.rectangle[1] === 0 && mask.rectangle[3] === 1), 'columns');
    },
  },
  {number: 2, begin: learn, run: boxes, check: isThere},
  {
    number: 3,
    run: areas,
    async check(hands) {
      for (const {mask} of await drawBrushes(hands)) assert.ok(!mask.rectangle, 'a mask, not a rectangle');
    },
  },
  {
    number: 4,
    begin,
    run: (hands) => fillRest(hands, 'negative', 'brown'),
    check: async (hands) => assert.equal((await drawBrushes(hands))[0].negative, 'brown'),
  },
  {
    number: 5,
    begin,
    run: (hands) => fillRest(hands, 'strength', '0.7'),
    check: async (hands) => assert.equal((await drawBrushes(hands))[0].strength, 0.7),
  },
  {
    number: 6,
    begin,
    run: save,
    async check(hands) {
      await chooseSaved(hands); // it is in the list
      await isThere(hands);
    },
  },
  {
    number: 7,
    async begin(hands) {
      await begin(hands);
      await save(hands);
      await hands.click('Paint', part(hands, '[data-view="paint"]'));
      await choose(hands, TREE);
      await fill(hands, 'prompt', 'a blue lake');
    },
    async run(hands) {
      await json(hands);
      await chooseSaved(hands);
      await hands.click('Load', part(hands, 'button[data-key="load"]'));
    },
    check: isThere,
  },
  {
    number: 8,
    async begin(hands) {
      await begin(hands);
      await hands.draw();
      old = await hands.lastPicture();
      await fill(hands, 'prompt', 'a blue lake');
    },
    run: (hands) => hands.bringBack(old),
    check: isThere,
  },
  {
    number: 9,
    async begin(hands) {
      await begin(hands);
      await hands.draw();
    },
    run: (hands) => hands.sendOn(),
    check: isThere,
  },
  {
    number: 10,
    begin,
    async run(hands) {
      await hands.click('Move', part(hands, '.rd-tool[aria-label^="Move"]'));
      await drag(hands, 'drag', [0.25, 0.5], [0.3, 0.45]);
    },
    async check(hands) {
      const [house] = await drawBrushes(hands);
      isAt(house, [0.1, 0.05, 0.5, 0.85]);
    },
  },
];
