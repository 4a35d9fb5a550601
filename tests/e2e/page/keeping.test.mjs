// What the page keeps in the browser: two pages at once, a full store, a private window, a reload at the worst moment.

import assert from 'node:assert/strict';
import {makeTests} from './tests.mjs';

const {pageTest, server} = makeTests();

const words = (page) => page.evaluate(() => app.editor.state.palette.background.prompt);
const write = async (page, text) => {
  await page.locator('.rd-whole textarea').first().fill(text);
  await page.evaluate(() => app.keeper.autosave?.save());
};
const status = (page) => page.locator('.rd-saved').textContent();
const isSaved = (page) => page.waitForFunction(() => document.querySelector('.rd-saved').textContent.startsWith('saved') && !app.keeper.autosave.timer);

pageTest('a second page goes on with a copy, says so, and neither loses anything', async (hands, page, context) => {
  await hands.open(server.address);
  await write(page, 'the first page');
  await isSaved(page);
  const other = await context.newPage();
  await other.goto(server.address);
  await other.waitForFunction(() => window.app?.verdict);
  assert.equal(await words(other), 'the first page');
  assert.match(await other.locator('.rd-toast').textContent(), /Another page/);
  await write(other, 'the second page');
  await isSaved(other);
  await write(page, 'the first page again');
  await isSaved(page);
  for (const each of [page, other]) {
    await each.reload();
    await each.waitForFunction(() => window.app?.verdict);
  }
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
  await page.evaluate(() => app.keeper.autosave.save());
  await isSaved(page);
  const before = await hands.palette();
  await page.close();
  const next = await context.newPage();
  await next.goto(server.address);
  await next.waitForFunction(() => window.app?.verdict);
  assert.deepEqual(await next.evaluate(() => app.readPalette()), before);
});

pageTest('what was typed and drawn in the last moment before a reload is there', async (hands, page) => {
  await hands.open(server.address);
  await write(page, 'first');
  await isSaved(page);
  await hands.drag([20, 60], [150, 230]);
  await page.evaluate(() => {
    app.editor.change('prompt', (palette) => (palette.background.prompt = 'last words'));
    location.reload();
  });
  await page.waitForFunction(() => window.app?.verdict && app.editor.state.palette.background.prompt === 'last words');
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
  await isSaved(page);
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
  await isSaved(page);
});

pageTest('a quota that the browser itself sets is noticed', async (hands, page, context) => {
  await hands.open(server.address);
  await write(page, 'before');
  await isSaved(page);
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', {origin: new URL(server.address).origin, quotaSize: 1});
  await page.evaluate(() => {
    const noise = Array.from({length: 400_000}, () => Math.random().toString(36).slice(2)).join('');
    app.editor.change('prompt', (palette) => (palette.noise_ = noise));
    return app.keeper.autosave.save();
  });
  await page.locator('.rd-saved.rd-warning').waitFor();
}, {}, 'the quota that the protocol sets has no effect on small records here');

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
