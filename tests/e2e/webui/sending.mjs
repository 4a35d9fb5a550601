// Pictures go with their palettes from the tab "Semantic Palette" to the other tabs, and come back.

import assert from 'node:assert/strict';

/** @typedef {import('./tab_visitor.mjs').TabVisitor} TabVisitor */

/** Where each place of the menu is in the WebUI, and where the picture and the palette are there. */
const PLACES = {
  txt2img: {tab: 'txt2img', palette: 'txt2img'},
  img2img: {tab: 'img2img', palette: 'img2img', image: 'img2img_image'},
  inpaint: {tab: 'img2img', palette: 'img2img', image: 'img2maskimg'},
  Extras: {tab: 'extras', image: 'extras_image'},
};
const OTHER = 'a blue lake';

/** Send the picture that is shown; the palette on the surface is another one by then. @param {TabVisitor} visitor @param {keyof typeof PLACES} place @param {string[]} prompts of the picture */
export async function sendTo(visitor, place, prompts) {
  const {page} = visitor;
  const {tab, palette, image} = PLACES[place];
  await visitor.withApp((app, words) => app.setField('b2', 'prompt', words), OTHER);
  await visitor.untilText('txt2img', [prompts[0], OTHER]);
  await visitor.withApp((app, words) => app.drawing.show(app.drawing.pictures.find(({palette}) => palette.brushes[1].prompt === words)), prompts[1]);
  await visitor.part('.rd-bar button').locator('text=Send to').click();
  await visitor.part('.rd-menu button').locator(`text=${place}`).click();
  await page.waitForFunction((tab) => document.querySelector(`#tab_${tab}`).checkVisibility(), tab);
  if (image) await untilImage(page, image, await visitor.withApp((app) => [app.editor.size.width, app.editor.size.height]));
  if (palette) {
    await visitor.untilText(palette, prompts);
    await visitor.untilText(palette === 'txt2img' ? 'img2img' : 'txt2img', prompts); // the tabs are linked
    assert.equal(await page.locator(`#tab_${palette} [id$="regiondiff_accordion-visible-checkbox"]`).isChecked(), true);
    assert.match(await page.locator(`#${palette}_prompt textarea`).inputValue(), /green grass/);
  }
  await visitor.openTab();
  await visitor.until(palette ? prompts : [prompts[0], OTHER]);
}

/** Until a place has a picture of this size, that is seen. @param {any} page @param {string} id @param {number[]} size */
async function untilImage(page, id, size) {
  const has = ([where, width, height]) => [...document.querySelectorAll(`#${where} :is(img, canvas)`)].some((each) => each.checkVisibility() && (each.naturalWidth ?? each.width) === width && (each.naturalHeight ?? each.height) === height);
  await page.waitForFunction(has, [id, ...size]);
}

/** What was sent is drawn over in img2img, and enlarged in Extras: the tab has both, each with the palette. @param {TabVisitor} visitor @param {string[]} prompts */
export async function bringBackMade(visitor, prompts) {
  await visitor.withApp((app, words) => app.setField('b2', 'prompt', words), prompts[1]);
  await visitor.untilText('img2img', prompts);
  for (const [name, tab] of [['img2img', 'img2img'], ['Extras', 'extras']]) {
    const {length} = await visitor.pictures();
    await visitor.go(name, tab);
    if (tab === 'img2img') await visitor.page.locator('#mode_img2img button', {hasText: 'img2img'}).first().click(); // inpainting waits for a mask
    await visitor.draw(() => visitor.press(`#${tab}_generate`));
    await visitor.page.waitForTimeout(1000);
    await visitor.openTab();
    await visitor.untilApp((app, count) => app.drawing.pictures.length === count, length + 1);
    const [{brushes, shown}] = await visitor.withApp((app) => app.drawing.pictures.map((each) => ({brushes: each.palette.brushes.map(({prompt}) => prompt), shown: each === app.drawing.shown})));
    assert.deepEqual({brushes, shown}, {brushes: prompts, shown: true}, name);
  }
}
