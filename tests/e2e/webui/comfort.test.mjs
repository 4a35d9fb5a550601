// Prompts of brushes beside what people have installed and set in a running WebUI: REGIONDIFF_WEBUI=http://127.0.0.1:7860.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {findBrowser} from '../stage/stage_page.mjs';
import {meetCompletion} from './completion.mjs';
import {url} from './host.mjs';
import {Visitor} from './visitor.mjs';

const found = url ? await findBrowser() : null;
let browser = null;

before(async () => {
  if (found) browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(() => browser?.close());

/** Somebody who has never been there, with an empty surface open. @param {'txt2img' | 'regiondiff'} where */
async function visit(where) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const visitor = new Visitor(await context.newPage(), url);
  await visitor.come();
  if (where === 'regiondiff') {
    await visitor.go('Semantic Palette', where);
    await visitor.page.waitForFunction(() => document.querySelector('#tab_regiondiff .regiondiff-surface').regiondiff);
  } else {
    await visitor.open();
    await visitor.part('.rd-surface').click({position: {x: 30, y: 40}});
  }
  return visitor;
}

for (const where of /** @type {const} */ (['txt2img', 'regiondiff'])) {
  test(`a1111-sd-webui-tagcomplete completes tags of brushes in ${where}`, {skip: !found}, async (run) => {
    const visitor = await visit(where);
    if (!(await meetCompletion(visitor))) run.skip('a1111-sd-webui-tagcomplete is not installed here');
    assert.deepEqual(visitor.errors, []);
    await visitor.page.context().close();
  });
}
