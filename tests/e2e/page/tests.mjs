// A server with the demo model, a browser, and a page of its own for each test; errors on the page fail it.

import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {findBrowser, Hands} from './hands.mjs';
import {Server} from './server.mjs';

/** Milliseconds for anything that a page does, on a machine with other work. */
const PATIENCE = 120_000;

const found = await findBrowser();
export const server = new Server();
export const folder = await mkdtemp(path.join(tmpdir(), 'regiondiff-page-'));
let browser = null;

before(async () => {
  if (!found) return;
  await server.start('--seed', '7');
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(async () => {
  await browser?.close();
  await server.kill();
  await rm(folder, {recursive: true, force: true});
});

/** @param {string} name @param {(hands: Hands, page: any, context: any) => Promise<void>} body @param {object} [options] of the browser's context */
export function pageTest(name, body, options = {}) {
  test(name, {skip: !found}, async () => {
    const context = await browser.newContext({viewport: {width: 1280, height: 800}, hasTouch: true, acceptDownloads: true, ...options});
    context.setDefaultTimeout(PATIENCE);
    try {
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.stack));
      await body(new Hands(page, await context.newCDPSession(page)), page, context);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}
