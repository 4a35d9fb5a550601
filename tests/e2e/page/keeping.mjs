// What the page keeps in the browser: two pages at once, a full store, a private window, a reload at the worst moment.

import assert from 'node:assert/strict';
import {Hands} from './hands.mjs';
import {pageTest, server} from './tests.mjs';

const words = (page) => page.evaluate(() => app.editor.state.palette.background.prompt);
const write = (page, text) => page.locator('.rd-whole textarea').first().fill(text);
const status = (page) => page.locator('.rd-saved').textContent();
/** Until the store itself has a text, without any help, and the page says so. */
const isKept = async (page, text) => {
  const look = (text) => app.keeper.autosave?.slots.list().then((all) => app.keeper.status === 'saved' && all.some(({slot, palette}) => slot === app.keeper.autosave.slots.slot && palette.background.prompt === text));
  while (!(await page.evaluate(look, text))) await page.waitForTimeout(50);
};

pageTest('a second page goes on with a copy, says so, and neither loses anything', async (hands, page, context) => {
  await hands.open(server.address);
  await write(page, 'the first page');
  await isKept(page, 'the first page');
  const other = await context.newPage();
  await new Hands(other).open(server.address);
  assert.equal(await words(other), 'the first page');
  assert.match(await other.locator('.rd-toast').textContent(), /Another page/);
  await write(other, 'the second page');
  await isKept(other, 'the second page');
  await write(page, 'the first page again');
  await isKept(page, 'the first page again');
  for (const each of [page, other]) await new Hands(each).reload();
  assert.equal(await words(page), 'the first page again');
  assert.equal(await words(other), 'the second page');
  await other.close();
  await hands.choose('File', /^Earlier work/);
  await page.getByRole('menuitem').nth(0).click();
  await page.waitForFunction(() => app.editor.state.palette.background.prompt === 'the second page');
});

pageTest('a page that is closed comes back in a new one', async (hands, page, context) => {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  await hands.saved();
  const before = await hands.palette();
  await page.close();
  const next = await context.newPage();
  await new Hands(next).open(server.address);
  assert.deepEqual(await next.evaluate(() => app.readPalette()), before);
});

pageTest('what was typed and drawn in the last moment before a reload is there', async (hands, page) => {
  await hands.open(server.address);
  await write(page, 'first');
  await isKept(page, 'first');
  await hands.drag([20, 60], [150, 230]);
  await page.evaluate(() => {
    app.editor.change('prompt', (palette) => (palette.background.prompt = 'last words'));
    location.reload();
  });
  await page.waitForFunction(() => window.app?.editor.state.palette.background.prompt === 'last words');
  assert.ok((await hands.share('b1')) > 0.1);
});

pageTest('a full store is told, a file is offered, and drawing goes on', async (hands, page) => {
  await page.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (...all) {
      if (window.full) throw new DOMException('no room', 'QuotaExceededError');
      return put.apply(this, all);
    };
  });
  await hands.open(server.address);
  await write(page, 'before');
  await isKept(page, 'before');
  await page.evaluate(() => (window.full = true));
  await write(page, 'after');
  await page.locator('.rd-saved.rd-warning').waitFor();
  assert.match(await status(page), /not saved/);
  const toast = page.locator('.rd-toast');
  assert.match(await toast.textContent(), /no room/);
  const [download] = await Promise.all([page.waitForEvent('download'), toast.getByRole('button', {name: 'Save the palette'}).click()]);
  assert.match(download.suggestedFilename(), /\.json$/);
  await page.evaluate(() => (window.full = false));
  await write(page, 'room again');
  await isKept(page, 'room again');
});

pageTest('where there is no room for the pictures the palette is kept without them', async (hands, page) => {
  await page.addInitScript(() => {
    const put = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, key) {
      if (String(key).includes('/picture/')) throw new DOMException('no room', 'QuotaExceededError');
      return put.call(this, value, key);
    };
  });
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  await page.evaluate(async () => {
    const blob = await new OffscreenCanvas(8, 8).getContext('2d').canvas.convertToBlob({type: 'image/png'});
    await app.drawing.add({id: 'one', seed: 1, palette: {}, blob, state: null});
  });
  await hands.saved();
  assert.match(await status(page), /without pictures/);
  await page.locator('.rd-toast').filter({hasText: 'without'}).waitFor();
  await hands.reload();
  assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house']);
});

pageTest("a document that is larger than the browser's own quota leaves the last one that was kept", async (hands, page, context) => {
  await page.route('**/api/check', (route) => route.fulfill({json: {problems: [], notices: [], badges: {}, cost: null, shares: [], tokens: null, auto: ''}}));
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', {origin: new URL(server.address).origin, quotaSize: 2e6});
  await hands.open(server.address);
  await write(page, 'before');
  await isKept(page, 'before');
  await page.evaluate(() => {
    const makeTile = () => new Uint8ClampedArray(crypto.getRandomValues(new Uint8Array(4 * 64 * 64)));
    const tiles = new Map(Array.from({length: 48 * 32}, (_, number) => [number, makeTile()]));
    const {palette} = app.editor.state;
    app.editor.replace({...app.editor.state, palette: {...palette, size: {width: 3072, height: 2048}, background: {...palette.background, prompt: 'after'}}, colour: {tiles}}, 'open');
  });
  await page.locator('.rd-toast').filter({hasText: 'no room'}).waitFor();
  assert.match(await status(page), /not saved/);
  await page.evaluate(() => app.run('edit.undo'));
  await isKept(page, 'before');
  assert.equal(await page.locator('.rd-toast').count(), 0);
});

pageTest('a browser that keeps nothing is told, and the page works', async (hands, page) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', {get: () => ({open: () => { throw new DOMException('private', 'SecurityError'); }})});
    Object.defineProperty(window, 'localStorage', {get: () => { throw new DOMException('private', 'SecurityError'); }});
  });
  await hands.open(server.address);
  await page.locator('.rd-saved.rd-warning').waitFor();
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house']);
  assert.match(await page.locator('.rd-toast').textContent(), /keeps nothing/);
});
