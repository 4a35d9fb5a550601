// Tests of the page: a server of their own and one browser for a file, a context of its own for each test; errors on the page fail it.

import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, test} from 'node:test';
import {findBrowser, Hands} from './hands.mjs';
import {Server} from './server.mjs';

const found = await findBrowser();

/** What a file of tests works with. */
export function makeTests() {
  const server = new Server();
  const made = {server, folder: '', browser: null, pageTest: null};
  before(async () => {
    if (!found) return;
    made.folder = await mkdtemp(path.join(tmpdir(), 'regiondiff-page-'));
    await server.start('--seed', '7');
    made.browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
  });
  after(async () => {
    await made.browser?.close();
    await server.kill();
    if (made.folder) await rm(made.folder, {recursive: true, force: true});
  });
  made.pageTest = (name, body, options = {}, todo = false) =>
    test(name, {skip: !found, todo}, async () => {
      const context = await made.browser.newContext({viewport: {width: 1280, height: 800}, hasTouch: true, acceptDownloads: true, ...options});
      context.setDefaultTimeout(30_000);
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
  return made;
}
