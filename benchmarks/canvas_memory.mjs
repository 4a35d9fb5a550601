// What a large document costs in memory, painted stroke by stroke: held in node, and in a browser that shows it. One JSON line each.
//
//   node --expose-gc benchmarks/canvas_memory.mjs [--size 4096] [--brushes 64] [--share 0.1] [--paint strokes|shapes|soft] [--where node|browser]

import {readFile} from 'node:fs/promises';
import {setTimeout as wait} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {Editor} from '../javascript/regiondiff/document/editor.mjs';
import {emptyState} from '../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../javascript/regiondiff/document/stroke.mjs';
import {findBrowser, servePage} from '../tests/e2e/stage/stage_page.mjs';

const DEFAULTS = {size: '4096', brushes: '64', share: '0.1', paint: 'strokes', where: ''};
const {values} = parseArgs({options: Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, {type: 'string', default: value}]))});
/** What is painted with: the size is a share of the canvas's side, `points` are those of one stroke. */
const PAINTS = {
  strokes: {size: 1 / 26, hardness: 0.9, opacity: 1, points: 12},
  soft: {size: 1 / 26, hardness: 0, opacity: 0.7, points: 12},
  shapes: null,
};
const task = {side: Number(values.size), brushes: Number(values.brushes), share: Number(values.share), paint: PAINTS[values.paint]};
const MEGABYTE = 2 ** 20;
const round = (bytes) => Math.round(bytes / MEGABYTE);

/** Paint brushes until each covers a share of the canvas. It runs in node and, as text, in the page. */
function paintAll(editor, draw, {side, brushes, share, paint}) {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const wander = (points, step) => {
    let [x, y, turn] = [random() * side, random() * side, random() * 6];
    return Array.from({length: points}, () => {
      turn += random() - 0.5;
      x = Math.min(side, Math.max(0, x + step * Math.cos(turn)));
      y = Math.min(side, Math.max(0, y + step * Math.sin(turn)));
      return {x, y, pressure: 1};
    });
  };
  const cover = (id) => [...editor.maskOf(id).tiles.keys()].reduce((sum, number) => sum + editor.tileOf(id, number).reduce((each, value) => each + (value > 0), 0), 0);
  let strokes = 0;
  for (let number = 0; number < brushes; number += 1) {
    const id = editor.addBrush({prompt: `a thing with the number ${number}, in the evening light`});
    do {
      const session = editor.stroke(id);
      const [x, y] = [0.64 * random(), 0.64 * random()];
      if (!paint) session.shape({ellipse: [x, y, x + 0.357, y + 0.357]}, false); // a tenth of the canvas
      else session.stamp(wander(paint.points, (paint.size * side) / 3), {...paint, size: paint.size * side, pressureSize: false, pressureOpacity: false, erase: false}, draw);
      session.commit();
      strokes += 1;
    } while (paint && (strokes % 4 ? true : cover(id) < share * side * side));
  }
  return strokes;
}

/** Bytes of the distinct tiles that something holds. */
function countBytes(states) {
  const tiles = new Set(states.flatMap(({masks}) => [...masks.values()].flatMap((mask) => [...mask.tiles.values()])));
  return [...tiles].reduce((sum, tile) => sum + tile.length, 0);
}

async function measureNode() {
  if (!globalThis.gc) throw new Error('expected node --expose-gc, so that only what is held is counted');
  globalThis.gc();
  const before = process.memoryUsage();
  const editor = new Editor(emptyState({width: task.side, height: task.side}));
  const strokes = paintAll(editor, drawStroke, task);
  await editor.shortened;
  globalThis.gc();
  const after = process.memoryUsage();
  const part = (name) => round(after[name] - before[name]);
  const [document, history] = [countBytes([editor.state]), countBytes(editor.steps.map(({state}) => state))];
  return {strokes, steps: editor.steps.length - 1, tiles_mb: {document: round(document), with_history: round(history)}, held_mb: {heap: part('heapUsed'), buffers: part('arrayBuffers'), sum: part('heapUsed') + part('arrayBuffers')}};
}

/** Memory that only this process has. */
async function readPrivate(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return [...text.matchAll(/^Private_\w+: +(\d+) kB/gm)].reduce((sum, [, size]) => sum + Number(size) * 1024, 0);
}

/** Private memory of the browser's processes by kind, and what the page's own engine counts, after all garbage is gone. */
async function readBrowser(browser, page) {
  const [root, session] = [await browser.newBrowserCDPSession(), await page.context().newCDPSession(page)];
  for (let count = 0; count < 3; count += 1) {
    await session.send('HeapProfiler.collectGarbage');
    await wait(700);
  }
  const {usedSize, backingStorageSize = 0} = await session.send('Runtime.getHeapUsage');
  const {processInfo} = await root.send('SystemInfo.getProcessInfo');
  const sum = async (kind) => (await Promise.all(processInfo.filter(({type}) => type === kind).map(({id}) => readPrivate(id)))).reduce((all, each) => all + each, 0);
  const found = {renderer: await sum('renderer'), gpu: await sum('GPU'), heap: usedSize, buffers: backingStorageSize};
  await Promise.all([root.detach(), session.detach()]);
  return found;
}

async function measureBrowser() {
  const found = await findBrowser();
  if (!found) process.exit(1);
  const server = await servePage();
  const browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
  try {
    const page = await browser.newPage({viewport: {width: 1600, height: 1000}});
    await page.goto('about:blank');
    const blank = await readBrowser(browser, page);
    await page.goto(`${server.address}?size=${task.side}x${task.side}`);
    await page.waitForFunction(() => window.stage);
    const empty = await readBrowser(browser, page);
    const strokes = await page.evaluate(`import('/javascript/regiondiff/document/stroke.mjs').then(({drawStroke}) => (${paintAll})(editor, drawStroke, ${JSON.stringify(task)}))`);
    await page.evaluate(() => stage.bench.selectNumber(3));
    await page.evaluate(drawAll);
    await page.waitForTimeout(2000);
    const full = await readBrowser(browser, page);
    const over = (one, other) => Object.fromEntries(Object.keys(one).map((name) => [`${name}_mb`, round(one[name] - other[name])]));
    return {strokes, blank: over(blank, {renderer: 0, gpu: 0, heap: 0, buffers: 0}), empty_above_blank: over(empty, blank), full_above_blank: over(full, blank)};
  } finally {
    await browser.close();
    server.close();
  }
}

/** Have all brushes filled and outlined, without a frame for each few tiles of them. It runs in the page. */
async function drawAll() {
  const {surface, model} = stage;
  for (surface.draw(); !surface.outlines; ) await new Promise((resolve) => setTimeout(resolve, 50));
  while (surface.fills.dirty.tiles.size) surface.fills.update((tile) => model.layersOf(tile));
  while (surface.outlines.waits) surface.outlines.update(model);
  surface.want('all');
  surface.draw();
}

const line = (where, found) => console.log(JSON.stringify({benchmark: 'canvas_memory', where, size: task.side, brushes: task.brushes, share: task.share, paint: values.paint, ...found}));
if (values.where !== 'browser') line('node', await measureNode());
if (values.where !== 'node') line('browser', await measureBrowser());
