// A page with nothing but the surface, in a real browser: a server on this machine, chromium, and real pointers.

import {readFile} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const TYPES = {'.mjs': 'text/javascript', '.css': 'text/css'};
const BROWSERS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Surface</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/javascript/regiondiff/stage/stage.css">
<style>:root { color-scheme: light dark } body { margin: 0; height: 100vh; display: grid }</style><main></main>
<script type="module">
import {makeLab} from '/tests/e2e/stage/lab.mjs';
import {mountStage} from '/javascript/regiondiff/stage/stage.mjs';
import {say} from '/javascript/regiondiff/strings.mjs';
const [width, height] = (new URLSearchParams(location.search).get('size') ?? '768x512').split('x').map(Number);
const lab = makeLab({width, height});
const {editor} = lab;
const asked = [];
const states = new Map();
const stage = mountStage(document.querySelector('main'), editor, {
  say,
  focusPrompt: (id) => asked.push(id),
  takeFiles: (files, zone) => asked.push(zone + ' ' + files.length),
  brushState: (id) => states.get(id) ?? {},
});
Object.assign(window, {editor, lab, stage, asked, states});
</script></html>`;

/** The library and the browser that the tests drive; null, with a loud line, where there is none. */
export async function findBrowser() {
  const library = await import('playwright-core').catch(() => null);
  const executablePath = BROWSERS.find((each) => each && existsSync(each));
  if (library && executablePath) return {chromium: library.chromium, executablePath};
  console.error(`NOT TESTED in a browser: ${library ? 'no chromium is installed (apt-get install chromium)' : 'playwright-core is not installed (npm install)'}`);
  return null;
}

/** Serve the page and the modules. @returns {Promise<{address: string, close: () => void}>} */
export async function servePage() {
  const server = http.createServer(async (request, response) => {
    const {pathname} = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/') return response.writeHead(200, {'content-type': 'text/html'}).end(PAGE);
    const file = path.join(ROOT, path.normalize(pathname));
    const bytes = /^\/(javascript|tests\/e2e\/stage)\//.test(pathname) ? await readFile(file).catch(() => null) : null;
    return bytes ? response.writeHead(200, {'content-type': TYPES[path.extname(file)] ?? 'text/plain'}).end(bytes) : response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  return {address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close()};
}

/** Hands on a page: everything in canvas pixels. */
export class Hands {
  constructor(page, session) {
    this.page = page;
    this.session = session;
    /** When pens and fingers do what they do, in seconds since 1970; now, if undefined. @type {number | undefined} */
    this.time = undefined;
  }

  /** @returns {Promise<{x: number, y: number}>} where a place of the canvas is on the page */
  place(x, y) {
    return this.page.evaluate(
      ([x, y]) => {
        const {left, top} = stage.parts.surface.getBoundingClientRect();
        return {x: left + stage.view.x + x * stage.view.zoom, y: top + stage.view.y + y * stage.view.zoom};
      },
      [x, y],
    );
  }

  async move(x, y, steps = 4) {
    const at = await this.place(x, y);
    await this.page.mouse.move(at.x, at.y, {steps});
  }

  async drag(...points) {
    await this.move(...points[0], 1);
    await this.page.mouse.down();
    for (const point of points.slice(1)) await this.move(...point);
    await this.page.mouse.up();
  }

  async click(x, y, options) {
    const at = await this.place(x, y);
    await this.page.mouse.click(at.x, at.y, options);
  }

  async pen(type, x, y, {force = 0.5, down = true} = {}) {
    const at = await this.place(x, y);
    const button = type === 'mouseMoved' && !down ? 'none' : 'left';
    await this.session.send('Input.dispatchMouseEvent', {type, ...at, pointerType: 'pen', button, buttons: down && type !== 'mouseReleased' ? 1 : 0, force, clickCount: 1, timestamp: this.time});
  }

  async penStroke(from, to, force) {
    await this.pen('mousePressed', ...from, {force});
    for (let step = 1; step <= 12; step += 1) await this.pen('mouseMoved', from[0] + ((to[0] - from[0]) * step) / 12, from[1] + ((to[1] - from[1]) * step) / 12, {force});
    await this.pen('mouseReleased', ...to, {force: 0});
  }

  async touch(type, ...points) {
    const touchPoints = [];
    for (const [x, y] of points) touchPoints.push({...(await this.place(x, y)), id: touchPoints.length});
    await this.session.send('Input.dispatchTouchEvent', {type, touchPoints, timestamp: this.time});
  }

  /** Wait until what was done has happened: the tool's module may still be on its way, and then keeps it in a queue. */
  settle() {
    return this.page.evaluate(async () => {
      await stage.workshop.load(stage.settings.values.tool);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    });
  }

  async area(id) {
    await this.settle();
    return this.page.evaluate((id) => lab.areaOf(id), id);
  }

  async cover(id, x, y) {
    await this.settle();
    return this.page.evaluate(([id, x, y]) => lab.coverAt(id, x, y), [id, x, y]);
  }

  set(values) {
    return this.page.evaluate(async (values) => {
      stage.settings.set(values);
      await stage.workshop.load(stage.settings.values.tool);
    }, values);
  }

  view() {
    return this.page.evaluate(() => ({...stage.view}));
  }

  /** What is seen at a place of the canvas. @returns {Promise<number[]>} RGBA */
  seen(x, y) {
    return this.page.evaluate(
      ([x, y]) => {
        do stage.surface.draw();
        while (stage.surface.fills.dirty.tiles.size); // a slow machine draws them in several frames
        const ratio = devicePixelRatio;
        const at = [stage.view.x + x * stage.view.zoom, stage.view.y + y * stage.view.zoom].map((value) => Math.round(value * ratio));
        return [...stage.parts.scene.getContext('2d').getImageData(at[0], at[1], 1, 1).data];
      },
      [x, y],
    );
  }
}
