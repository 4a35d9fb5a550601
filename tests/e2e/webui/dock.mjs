// The surface beside Generate, over the gallery's column: there and back, and the pictures that it covers.

import assert from 'node:assert/strict';

/** @typedef {import('./visitor.mjs').Visitor} Visitor */

/** Whether something is wholly in sight. @param {Visitor} visitor @param {string} selector */
function inSight({page}, selector) {
  return page.locator(selector).first().evaluate((each) => {
    const {top, bottom, width} = each.getBoundingClientRect();
    return width > 0 && top >= 0 && bottom <= innerHeight;
  });
}

/** @param {Visitor} visitor @param {boolean} docked */
async function expectPlace(visitor, docked) {
  const {page, tab} = visitor;
  await page.waitForFunction(([tab, docked]) => Boolean(document.querySelector(`#${tab}_results_panel .regiondiff-surface`)) === docked, [tab, docked]);
  await page.waitForFunction(([tab, docked]) => document.getElementById(`${tab}_gallery`).checkVisibility() !== docked, [tab, docked]);
}

/** With two regions painted and the accordion open in txt2img. @param {Visitor} visitor @param {string[]} prompts */
export async function meetDock(visitor, prompts) {
  const {page} = visitor;
  const dock = () => page.locator(`#${visitor.tab}_results_panel .rd-dock`);
  await visitor.part('.rd-docking').click();
  await expectPlace(visitor, true);
  await page.evaluate(() => scrollTo(0, 0));
  for (const each of ['#txt2img_prompt textarea', '#txt2img_generate', '#txt2img_results_panel .rd-surface']) assert.ok(await inSight(visitor, each), each);
  await drawDocked(visitor, dock());
  await changeViews(visitor, prompts);
  await comeAgain(visitor, prompts);
}

/** Generate shows the pictures; a press brings the regions back, and a picture that comes then is told. @param {Visitor} visitor @param {any} dock */
async function drawDocked(visitor, dock) {
  await visitor.draw(() => visitor.press('#txt2img_generate'));
  assert.equal(await visitor.part('.rd-surface').isVisible(), false);
  assert.equal(await visitor.page.locator('#txt2img_gallery').isVisible(), true);
  await visitor.draw(async () => {
    await visitor.press('#txt2img_generate');
    await dock.locator('[data-side="regions"]').click();
    assert.equal(await visitor.part('.rd-surface').isVisible(), true);
  });
  await dock.locator('[data-side="pictures"].rd-fresh').waitFor();
  await dock.locator('[data-side="pictures"]').click();
  assert.equal(await visitor.page.locator('#txt2img_gallery').isVisible(), true);
  await visitor.withApp((app) => app.tell('something went wrong'));
  assert.equal(await visitor.part('.rd-toast').isVisible(), true);
  await visitor.withApp((app) => app.toasts.root.querySelector('button')?.click());
}

/** Only what is painted stands beside Generate; the other views stay in the accordion, where the preview is. @param {Visitor} visitor @param {string[]} prompts */
async function changeViews(visitor, prompts) {
  await visitor.part('.rd-segments [data-view="json"]').click();
  await expectPlace(visitor, false);
  await visitor.part('.rd-view textarea').waitFor();
  await visitor.part('.rd-segments [data-view="paint"]').click();
  await expectPlace(visitor, true);
  await visitor.until(prompts);
}

/** It is remembered, in both tabs; either brings it back. @param {Visitor} visitor @param {string[]} prompts */
async function comeAgain(visitor, prompts) {
  await visitor.page.waitForTimeout(1000); // it is kept a moment after each change
  await visitor.reload();
  await expectGallery(visitor);
  await visitor.open();
  await expectPlace(visitor, true);
  await visitor.until(prompts);
  await visitor.go('img2img', 'img2img');
  await visitor.open();
  await expectPlace(visitor, true);
  await visitor.part('.rd-kind button', {hasText: 'Bring'}).first().click();
  await visitor.page.locator('#img2img_results_panel .rd-dock').waitFor({state: 'detached'});
  await visitor.go('txt2img', 'txt2img');
  await expectPlace(visitor, false);
}

/** Until the accordion is opened the column is the WebUI's. @param {Visitor} visitor */
async function expectGallery({page}) {
  assert.equal(await page.locator('#txt2img_gallery').isVisible(), true);
}
