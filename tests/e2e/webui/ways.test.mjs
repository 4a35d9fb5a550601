// Ways to a running WebUI: with users, behind a proxy and below a path; and no way for a page of somebody else.
// REGIONDIFF_WEBUI is its address, REGIONDIFF_WEBUI_LOGIN user:password of its page, ..._API those of its API, ..._SUBPATH its --subpath.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {findBrowser} from '../stage/stage_page.mjs';
import {askQueue, findFunction, serveProxy, serveStranger, trespass} from './neighbours.mjs';
import {Visitor} from './visitor.mjs';

const {REGIONDIFF_WEBUI, REGIONDIFF_WEBUI_LOGIN: login = '', REGIONDIFF_WEBUI_API: api = '', REGIONDIFF_WEBUI_SUBPATH: subpath = ''} = process.env;
const url = REGIONDIFF_WEBUI?.replace(/\/$/, '');
const found = url ? await findBrowser() : null;
const skip = !found;
let browser = null;

before(async () => {
  browser = await found?.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(() => browser?.close());

/** Somebody who has logged in, where that is asked for. @param {string} address */
async function invite(address) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const [username, password] = login.split(':');
  if (login) assert.equal((await context.request.post(`${address}/login`, {form: {username, password}})).status(), 200);
  return new Visitor(await context.newPage(), address);
}

/** @param {Visitor} visitor paints a region, which comes back judged by the WebUI */
async function paint(visitor) {
  await visitor.come();
  await visitor.open();
  await visitor.part('.rd-surface').click({position: {x: 30, y: 40}});
  await visitor.part('.rd-canvas-holder').scrollIntoViewIfNeeded();
  await visitor.paint([0.1, 0.1], [0.6, 0.9], 'a red house');
  await visitor.untilApp((app) => app.verdict?.shares.b1 > 0.2);
  await visitor.page.waitForFunction(() => /a red house/.test(document.querySelector('#tab_txt2img [id$="_regiondiff_palette"] textarea').value));
  assert.deepEqual(visitor.errors, []);
}

test('the surface works', {skip: skip || Boolean(subpath)}, async () => {
  await paint(await invite(url));
});

test('the surface works behind a reverse proxy, below the path of --subpath', {skip}, async () => {
  const proxy = await serveProxy(url, subpath ? `/${subpath}` : '');
  try {
    const visitor = await invite(proxy.address);
    await paint(visitor);
    assert.ok(visitor.requests.length > 5 && visitor.requests.every((each) => each.startsWith(`${proxy.address}/`)), visitor.requests[0]);
  } finally {
    proxy.close();
  }
});

test('nobody gets a file of ours who may not see the page', {skip}, async () => {
  for (const path of ['regiondiff/start', 'regiondiff/static/x/regiondiff/webui/main.mjs', 'regiondiff/other']) {
    const {status} = await fetch(`${url}/${path}`);
    assert.equal(status, login ? 401 : path.endsWith('other') ? 404 : 200, path);
    assert.equal((await fetch(`${url}/${path}`, {method: 'POST', body: '{}'})).ok, false, path);
  }
});

for (const [who, host] of /** @type {const} */ ([['another origin of this machine', '127.0.0.1'], ['another site', 'stranger.localhost']])) {
  test(`a page of ${who} in the same browser reads nothing and starts nothing`, {skip}, async () => {
    const stranger = await serveStranger(host);
    try {
      const visitor = await invite(url);
      await visitor.come();
      const modules = await visitor.part('.regiondiff-surface').getAttribute('data-modules');
      const before = await readState();
      const other = await visitor.page.context().newPage();
      await other.goto(stranger.address);
      const job = {prompt: 'stolen', steps: 1, width: 64, height: 64};
      const got = await other.evaluate(trespass, {url, modules, job});
      // Gradio 4 lets every port of this machine read the WebUI's own page and use its API; nothing of ours is open by that.
      const isOpen = host === '127.0.0.1' && (await visitor.page.evaluate(() => window.gradio_config.version.startsWith('4')));
      const open = isOpen ? ['read the page', 'start a job'] : [];
      const refused = Object.entries(got).map(([name, each]) => [name, open.includes(name) || /expected our own page/.test(each) ? 'no' : each]);
      assert.deepEqual(Object.fromEntries(refused), Object.fromEntries(refused.map(([name]) => [name, 'no'])));
      if (!isOpen) assert.deepEqual(await readState(), before);
      const number = await visitor.page.evaluate(findFunction);
      assert.deepEqual(await other.evaluate(askQueue, {url, number}), {socket: 'no', stream: 'no', request: 'no'});
      assert.ok(Object.values(await visitor.page.evaluate(askQueue, {url, number})).includes('an answer'), 'the page itself');
    } finally {
      stranger.close();
    }
  });
}

/** What the WebUI says of its jobs. */
async function readState() {
  const headers = api ? {authorization: `Basic ${Buffer.from(api).toString('base64')}`} : {};
  const {state} = await (await fetch(`${url}/sdapi/v1/progress?skip_current_image=true`, {headers})).json();
  return [state.job, state.job_count, state.job_timestamp];
}
