// Every key that docs/painting.md names does what it says there.

import assert from 'node:assert/strict';
import {pageTest, server} from './tests.mjs';

const TOOLS = {b: 'brush', r: 'rectangle', o: 'ellipse', e: 'eraser', l: 'lasso', g: 'fill', v: 'move', h: 'hand'};
const setting = (page, name) => page.evaluate((name) => app.stage.settings.values[name], name);

/** Two brushes, and the focus on the surface. */
async function begin(hands, page) {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a house');
  await hands.press('Alt+n');
  await hands.drag([220, 60], [350, 230]);
  await hands.type('a tree');
  await page.locator('.rd-surface').focus();
}

pageTest('keys choose tools and what they do', async (hands, page) => {
  await begin(hands, page);
  for (const [key, tool] of Object.entries(TOOLS)) {
    await page.keyboard.press(key);
    assert.equal(await setting(page, 'tool'), tool, key);
  }
  for (const tool of ['move', 'hand']) {
    await page.keyboard.press('x');
    assert.equal(await setting(page, 'tool'), tool);
  }
  for (const [up, down, name] of [[']', '[', 'size'], ['Shift+BracketRight', 'Shift+BracketLeft', 'hardness']]) {
    const before = await setting(page, name);
    await page.keyboard.press(up);
    const more = await setting(page, name);
    for (let press = 0; press < 2; press += 1) await page.keyboard.press(down);
    assert.ok(more > before && (await setting(page, name)) < before, name);
  }
  for (const [key, name, value] of [['-', 'operation', 'subtract'], ['-', 'operation', 'add'], ['c', 'target', 'colour'], ['c', 'target', 'mask'], ['Shift+2', 'view', 'split'], ['Shift+3', 'view', 'picture'], ['Shift+1', 'view', 'overlay']]) {
    await page.keyboard.press(key);
    assert.equal(await setting(page, name), value, key);
  }
  await page.keyboard.press('Control+1');
  assert.equal(await page.evaluate(() => app.stage.surface.share()), 1);
  await page.keyboard.press('Control+0');
  assert.equal(await page.evaluate(() => app.stage.surface.fitted), true);
  await page.keyboard.press('f');
  assert.equal(await page.locator('.rd-left').isVisible(), false);
  await page.keyboard.press('f');
  assert.equal(await page.locator('.rd-left').isVisible(), true);
});

pageTest('keys choose, order, copy, invert and empty brushes', async (hands, page) => {
  await begin(hands, page);
  const order = async () => (await hands.brushes()).map(({id}) => id).join(' ');
  const active = () => page.evaluate(() => app.selection.get());
  for (const number of ['1', '2', '1']) {
    await page.keyboard.press(number);
    assert.equal(await active(), `b${number}`);
  }
  await page.keyboard.press('Alt+ArrowUp');
  assert.equal(await order(), 'b2 b1');
  await page.keyboard.press('Alt+ArrowDown');
  assert.equal(await order(), 'b1 b2');
  const share = await hands.share('b1');
  const before = await page.evaluate(() => app.editor.at);
  await page.keyboard.press('i');
  await page.waitForFunction((before) => app.editor.at > before, before); // its module comes with the first use
  assert.ok(Math.abs((await hands.share('b1')) - (1 - share)) < 0.001);
  await page.keyboard.press('Delete');
  assert.equal(await hands.share('b1'), 0);
  for (let step = 0; step < 2; step += 1) await page.keyboard.press('Control+z');
  assert.equal(await hands.share('b1'), share);
  await page.keyboard.press('Control+d');
  assert.equal(await order(), 'b1 b3 b2');
  await page.keyboard.press('n');
  assert.equal(await order(), 'b1 b3 b2 b4');
});

pageTest('the sheet finds a shortcut and gives it another key, which a reload keeps', async (hands, page) => {
  await begin(hands, page);
  await page.keyboard.press('?');
  await page.getByPlaceholder('Find a shortcut').fill('eraser');
  assert.equal(await page.locator('.rd-shortcut:visible').count(), 1);
  await page.locator('.rd-key:visible').click();
  await page.keyboard.press('k');
  await page.keyboard.press('Escape');
  await hands.reload();
  await page.locator('.rd-surface').focus();
  await page.keyboard.press('k');
  assert.equal(await setting(page, 'tool'), 'eraser');
  for (const key of ['b', 'e']) await page.keyboard.press(key);
  assert.equal(await setting(page, 'tool'), 'brush');
});
