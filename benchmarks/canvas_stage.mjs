// Scripting of the painting surface per pointer frame, for each tool, by the browser's own trace: a JSON line a tool.
//
//   node benchmarks/canvas_stage.mjs [--size 1024] [--brushes 12] [--frames 240] [--events 4] [--address URL] [--profile]
//
// Counted is what the page's main thread computes (its own clock, so that other programs do not count): events, animation
// frames, timers, microtasks, garbage. `events` are the places that a pointer tells in a frame, as a pen does. The canvas has
// brushes of all kinds, half of them with soft edges. With an address it is that of `regiondiff serve`, panels included.
// `--profile` adds where the time goes, by functions.

import {parseArgs} from 'node:util';
import {findBrowser, servePage} from '../tests/e2e/stage/stage_page.mjs';

const NUMBERS = {size: '1024', brushes: '12', frames: '240', events: '4'};
const {values} = parseArgs({options: {...Object.fromEntries(Object.entries(NUMBERS).map(([name, value]) => [name, {type: 'string', default: value}])), address: {type: 'string'}, only: {type: 'string'}, profile: {type: 'boolean', default: false}}});
const [size, brushes, frames, events] = Object.keys(NUMBERS).map((name) => Number(values[name]));
const SCRIPTS = ['EventDispatch', 'FireAnimationFrame', 'FunctionCall', 'TimerFire', 'RunMicrotasks', 'MinorGC', 'MajorGC', 'V8.GC_MC_INCREMENTAL'];
const WARM = 20; // frames in which code is compiled
const TOOLS = [
  ['brush', {tool: 'brush', size: 64}],
  ['large brush', {tool: 'brush', size: 400}],
  ['soft brush', {tool: 'brush', size: 160, hardness: 0}],
  ['large soft brush', {tool: 'brush', size: 400, hardness: 0}],
  ['eraser', {tool: 'eraser', size: 64}],
  ['colour', {tool: 'brush', size: 64, target: 'colour'}],
  ['lasso', {tool: 'lasso'}],
  ['rectangle', {tool: 'rectangle'}],
  ['ellipse', {tool: 'ellipse'}],
  ['move', {tool: 'move'}],
  ['hand', {tool: 'hand'}],
];

/** Milliseconds of scripting up to the end of each animation frame, by the thread's clock. */
function sumFrames(trace) {
  const scripts = trace.filter(({ph, name}) => ph === 'X' && SCRIPTS.includes(name)).sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const sums = [0];
  let end = 0;
  for (const {ts, dur, tdur, name} of scripts) {
    if (ts < end) continue; // inside another
    end = ts + dur;
    sums[sums.length - 1] += (tdur ?? dur) / 1000;
    if (name === 'FireAnimationFrame') sums.push(0);
  }
  return sums.slice(WARM, -1);
}

/** Places of the pointer, on the canvas's middle: a spiral that crosses all brushes. */
function* walk(box) {
  const [x, y, reach] = [box.x + box.width / 2, box.y + box.height / 2, Math.min(box.width, box.height) / 2.2];
  for (let step = 0; step < frames * events; step += 1) {
    const turn = step / (25 * events);
    const far = reach * (1 - step / (2 * frames * events));
    yield {x: x + far * Math.cos(turn), y: y + far * Math.sin(turn * 1.3)};
  }
}

async function draw(page, session, box) {
  const places = [...walk(box)];
  await page.mouse.move(places[0].x, places[0].y);
  await page.mouse.down();
  for (let step = 0; step < places.length; step += events) {
    const send = ({x, y}) => session.send('Input.dispatchMouseEvent', {type: 'mouseMoved', x, y, button: 'left', buttons: 1});
    await Promise.all(places.slice(step, step + events).map(send));
  }
  await page.mouse.up();
}

/** Brushes of all kinds, half of them with soft edges; the middle one is active. */
async function fill(page) {
  await page.waitForFunction(() => window.app?.stage ?? window.stage);
  await page.evaluate(
    async ([size, brushes]) => {
      const {editor, stage} = window.app ?? window;
      await editor.resize({width: size, height: size});
      for (let index = 0; index < brushes; index += 1) {
        const [x, y] = [0.02 + (0.8 * index) / brushes, 0.05 + (0.7 * ((index * 5) % brushes)) / brushes];
        const session = editor.stroke(editor.addBrush({name: `brush ${index}`, feather: index % 2 ? 16 : 0}), 'shape');
        session.shape({[index % 3 ? 'ellipse' : 'rectangle']: [x, y, Math.min(1, x + 0.35), Math.min(1, y + 0.4)]}, false);
        session.commit();
      }
      stage.bench.selectNumber(Math.ceil(brushes / 2));
    },
    [size, brushes],
  );
}

async function traceTool(page, session, settings) {
  const box = await page.evaluate(async (settings) => {
    const {stage} = window.app ?? window;
    stage.settings.set({target: 'mask', hardness: 0.9, ...settings});
    await stage.workshop.load(settings.tool);
    const {left, top} = stage.parts.surface.getBoundingClientRect();
    const {view, model} = stage;
    const places = settings.tool === 'move' ? stage.model.boundsOf(stage.bench.active()) : {left: 0, top: 0, right: model.size.width, bottom: model.size.height};
    return {x: left + view.x + places.left * view.zoom, y: top + view.y + places.top * view.zoom, width: (places.right - places.left) * view.zoom, height: (places.bottom - places.top) * view.zoom};
  }, settings);
  await page.waitForTimeout(500); // labels and soft edges have come
  const trace = [];
  const take = ({value}) => trace.push(...value);
  session.on('Tracing.dataCollected', take);
  await session.send('Tracing.start', {transferMode: 'ReportEvents', traceConfig: {includedCategories: ['devtools.timeline', 'v8', 'disabled-by-default-v8.gc']}});
  await draw(page, session, box);
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  session.off('Tracing.dataCollected', take);
  return trace;
}

/** Milliseconds of each function itself, the longest first. */
async function profile(session, run) {
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', {interval: 200});
  await session.send('Profiler.start');
  await run();
  const {profile: {nodes, samples, timeDeltas}} = await session.send('Profiler.stop');
  const names = new Map(nodes.map(({id, callFrame}) => [id, `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').at(-1)}:${callFrame.lineNumber + 1}`]));
  const sums = new Map();
  samples.forEach((id, index) => sums.set(names.get(id), (sums.get(names.get(id)) ?? 0) + timeDeltas[index] / 1000));
  return Object.fromEntries([...sums].filter(([name]) => !/^\((idle|program)\)/.test(name)).sort((a, b) => b[1] - a[1]).slice(0, 16).map(([name, time]) => [name, Math.round(time)]));
}

async function measure(browser, address, name, settings) {
  const page = await browser.newPage({viewport: {width: 1600, height: 1000}});
  page.on('pageerror', (error) => console.error(error.stack));
  await page.goto(address);
  await fill(page);
  const session = await page.context().newCDPSession(page);
  let trace = [];
  const run = async () => (trace = await traceTool(page, session, settings));
  const functions = values.profile ? await profile(session, run) : (await run(), undefined);
  const sums = sumFrames(trace).sort((a, b) => a - b);
  const at = (share) => Number((sums[Math.min(sums.length - 1, Math.floor(share * sums.length))] ?? 0).toFixed(2));
  console.log(JSON.stringify({benchmark: 'canvas_stage', tool: name, size, brushes, events, frames: sums.length, scripting_ms: {median: at(0.5), p95: at(0.95), most: at(1)}, functions}, null, values.profile ? 1 : undefined));
  await page.close();
}

const found = await findBrowser();
if (!found) process.exit(1);
const server = values.address ? null : await servePage();
const browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
for (const [name, settings] of TOOLS) if (!values.only || values.only === name) await measure(browser, values.address ?? server.address, name, settings);
await browser.close();
server?.close();
