// An accordion without a WebUI around it: a page with the parts that gradio would make, and the program that answers it.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import http from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {PYTHON, ROOT} from '../page/server.mjs';
import {findBrowser} from '../stage/stage_page.mjs';

const PATIENCE = 60_000;
const LATE = 400; // milliseconds
const TYPES = {'.mjs': 'text/javascript', '.css': 'text/css'};
const NAME = 'script_txt2img_regiondiff';

/** @param {string} key @param {string} inside */
const part = (key, inside) => `<div id="${key}">${inside}</div>`;
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Accordion</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">
<body><div id="tab_txt2img">
${part('txt2img_prompt', '<textarea>sky\nwood</textarea>')}${part('txt2img_neg_prompt', '<textarea></textarea>')}
${part('txt2img_width', '<input type="number" value="256">')}${part('txt2img_height', '<input type="number" value="128">')}
<div id="${NAME}_accordion"><input type="checkbox" id="${NAME}_accordion-visible-checkbox">
<div class="${NAME}_surface"><div class="regiondiff-surface" data-modules="regiondiff/static/MODULES/regiondiff/"></div></div>
<div class="${NAME}_preview"></div>
<div class="form">${part(`${NAME}_palette`, '<textarea></textarea>')}${part(`${NAME}_ask`, '<textarea></textarea>')}${part(`${NAME}_slow_ask`, '<textarea></textarea>')}</div>
<div class="${NAME}_answer"></div><div class="${NAME}_slow_answer"></div></div></div>
<script>
const tell = async (at, text) => (await fetch('/program/' + at, {method: 'POST', body: text})).text();
const find = (key) => document.querySelector(':is(#${NAME}_' + key + ', .${NAME}_' + key + ')');
window.updateInput = (target) => target.dispatchEvent(new Event('input', {bubbles: true}));
window.gradioApp = () => document;
window.onUiLoaded = (run) => addEventListener('load', run);
for (const key of ['ask', 'slow_ask']) find(key).addEventListener('input', async ({target}) => {
  const said = await tell(key, target.value);
  find(key.replace('ask', 'answer')).innerHTML = said;
});
find('palette').addEventListener('input', async ({target}) => { find('preview').innerHTML = await tell('preview', target.value); });
</script><script type="module" src="/javascript/regiondiff.mjs"></script></body></html>`;

const found = await findBrowser();
let browser, server, folder, program;
const waiting = new Map();

/** @param {string} at @param {string} text @returns {Promise<string>} */
function ask(at, text) {
  const number = waiting.size + 1;
  program.stdin.write(`${JSON.stringify({number, at, text})}\n`);
  return new Promise((resolve) => waiting.set(number, resolve));
}

/** @param {http.IncomingMessage} request */
async function read(request) {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  return text;
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function serve(request, response) {
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://localhost');
  const give = (type, body) => response.writeHead(200, {'content-type': type}).end(body);
  if (pathname === '/') return give('text/html', PAGE.replace('MODULES', searchParams.get('modules') ?? 'x'));
  if (pathname === '/regiondiff/start') return give('application/json', await ask('start', ''));
  if (pathname.startsWith('/program/')) return give('text/html', await ask(pathname.slice(9), await read(request)));
  const file = path.join(ROOT, path.normalize(pathname.replace('/regiondiff/static/x/', '/javascript/')));
  const bytes = /^\/(style\.css|javascript\/|regiondiff\/static\/x\/)/.test(pathname) ? await readFile(file).catch(() => null) : null;
  return bytes ? give(TYPES[path.extname(file)] ?? 'text/plain', bytes) : response.writeHead(404).end();
}

before(async () => {
  if (!found) return;
  folder = await mkdtemp(path.join(tmpdir(), 'regiondiff-accordion-'));
  program = spawn(PYTHON, [path.join(ROOT, 'tests/e2e/accordion/desk.py'), folder], {cwd: ROOT, env: {...process.env, PYTHONPATH: ROOT, OMP_NUM_THREADS: '1'}, stdio: ['pipe', 'pipe', 'inherit']});
  createInterface({input: program.stdout}).on('line', (line) => {
    const {number, said} = JSON.parse(line);
    waiting.get(number)(said);
  });
  server = http.createServer((request, response) => void serve(request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(async () => {
  await browser?.close();
  server?.close();
  program?.kill();
  if (folder) await rm(folder, {recursive: true, force: true});
});

/** What a person does in the accordion. */
export class Hands {
  /** @param {any} page */
  constructor(page) {
    this.page = page;
    this.late = 0;
  }

  /** A control of the views, by its key. @param {string} key */
  control(key) {
    return this.page.locator(`.rd-view [data-key="${key}"]`);
  }

  /** @param {'paint' | 'type' | 'json'} view */
  async show(view) {
    await this.page.locator(`.rd-segments [data-view="${view}"]`).click();
  }

  /** A way to begin that the empty surface offers. @param {string} name */
  async begin(name) {
    await this.page.locator('.rd-strip button', {hasText: name}).first().click();
  }

  /** The view JSON from the empty surface, where the views have no place. */
  async openText() {
    await this.begin('Open');
    await this.page.getByRole('menuitem', {name: 'JSON'}).click();
  }

  /** What a job would get: the palette's text, as data. */
  async palette() {
    const text = await this.text();
    return text.trim() ? JSON.parse(text) : null;
  }

  text() {
    return this.page.locator(`#${NAME}_palette textarea`).inputValue();
  }

  /** A text that comes from elsewhere, as from a picture. @param {string} text */
  async paste(text) {
    await this.page.evaluate(([name, text]) => {
      const field = document.querySelector(`#${name}_palette textarea`);
      field.value = text;
      window.updateInput(field);
    }, [NAME, text]);
  }

  isOn() {
    return this.page.locator(`[id="${NAME}_accordion-visible-checkbox"]`).isChecked();
  }

  /** Until the palette's text is so. @param {(data: any) => boolean} is */
  async until(is) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const data = await this.palette();
      if (is(data)) return data;
      await this.page.waitForTimeout(50);
    }
    throw new Error(`expected another palette, got ${await this.text()}`);
  }

  /** Have the program answer late, and remember what is on its way. */
  async delay() {
    await this.page.route('**/program/ask', async (route) => {
      this.late += 1;
      await new Promise((go) => setTimeout(go, LATE));
      await route.continue();
    });
    this.page.on('requestfinished', (request) => request.url().endsWith('/program/ask') && (this.late -= 1));
  }

  /** Until nothing has been on its way for a while. */
  async settle() {
    for (let calm = 0; calm < 5; calm = this.late ? 0 : calm + 1) await this.page.waitForTimeout(100);
  }

  /** Have the program answer no more. */
  async lose() {
    await this.page.route('**/program/ask', () => {});
  }

  async said() {
    await this.page.locator('.rd-said:not([hidden])').waitFor();
    return this.page.locator('.rd-said').textContent();
  }
}

/** @param {string} name @param {(hands: Hands, page: any) => Promise<void>} body @param {string} [address] */
export function accordionTest(name, body, address = '') {
  test(name, {skip: !found}, async () => {
    const context = await browser.newContext({viewport: {width: 900, height: 900}});
    context.setDefaultTimeout(PATIENCE);
    try {
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.stack));
      await page.goto(`http://127.0.0.1:${server.address().port}/${address}`);
      await body(new Hands(page), page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}
