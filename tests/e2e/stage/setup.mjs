// What the tests of the surface share: a browser, a page of its own for each test, and hands.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Hands, findBrowser, servePage} from './stage_page.mjs';

const found = await findBrowser();
let browser, server;

before(async () => {
  if (!found) return;
  server = await servePage();
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A test with a page of its own; errors on the page fail it. */
export function stageTest(name, body, options = {}) {
  test(name, {skip: !found}, async () => {
    const context = await browser.newContext({viewport: {width: 1000, height: 700}, hasTouch: true, ...options});
    try {
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.stack));
      await page.goto(server.address);
      await page.waitForFunction(() => window.stage);
      await body(new Hands(page, await context.newCDPSession(page)), page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

export const asked = (page) => page.evaluate(() => window.asked);
export const near = (value, wanted, by) => assert.ok(Math.abs(value - wanted) <= by, `${value} is not ${wanted} within ${by}`);
