// A restart of the whole WebUI while its page is open: REGIONDIFF_WEBUI its address, REGIONDIFF_RESTART a command that stops it and starts it again.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {after, test} from 'node:test';
import {promisify} from 'node:util';
import {findBrowser} from '../stage/stage_page.mjs';
import {url} from './host.mjs';
import {TabVisitor} from './tab_visitor.mjs';

const {REGIONDIFF_RESTART: command} = process.env;
const PROMPTS = ['a red house', 'a green tree'];
const OTHER = 'a blue lake';
const WHOLE = 'green grass';
const found = url && command ? await findBrowser() : null;
const skip = !url ? 'REGIONDIFF_WEBUI is not set' : !command ? 'REGIONDIFF_RESTART has no command that restarts the WebUI' : !found;
let browser = null;

after(() => browser?.close());

test('a restart of the WebUI, and a crash of the page after it, lose neither palette nor prompt nor links', {skip}, async () => {
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const visitor = await paint(new TabVisitor(await context.newPage(), url));
  await promisify(execFile)('sh', ['-c', command], {maxBuffer: 1e8});
  await visitor.reload();
  await meet(visitor);
  await visitor.withApp((app, words) => app.setField('b2', 'prompt', words), OTHER); // linked as before
  await visitor.untilText('txt2img', [PROMPTS[0], OTHER]);
  await visitor.untilText('img2img', [PROMPTS[0], OTHER]);
  await visitor.withApp((app, words) => app.setField('b2', 'prompt', words), PROMPTS[1]);
  await visitor.untilText('txt2img', PROMPTS);
  await visitor.page.waitForTimeout(1000); // it is kept a moment after each change
  await visitor.page.goto('chrome://crash', {timeout: 3000}).catch(() => {});
  const next = new TabVisitor(await context.newPage(), url);
  await next.come();
  await meet(next);
  assert.deepEqual([...visitor.errors, ...next.errors], []);
});

/** Describe the picture in the tab, and paint two regions. @param {TabVisitor} visitor */
async function paint(visitor) {
  await visitor.come();
  await visitor.openTab();
  await visitor.describe(WHOLE);
  await visitor.paint([0.03, 0.06], [0.47, 0.94], PROMPTS[0]);
  await visitor.page.keyboard.press('Tab');
  await visitor.paint([0.53, 0.06], [0.97, 0.94], PROMPTS[1]);
  await visitor.until(PROMPTS);
  await visitor.page.waitForTimeout(1000); // it is kept a moment after each change
  return visitor;
}

/** All is there, in the tab and in txt2img. @param {TabVisitor} visitor */
async function meet(visitor) {
  await visitor.openTab();
  await visitor.until(PROMPTS);
  await visitor.untilText('txt2img', PROMPTS);
  assert.equal(await visitor.part('.rd-whole textarea').first().inputValue(), WHOLE);
  assert.equal(await visitor.part('.rd-linking').getAttribute('aria-pressed'), 'true');
}
