// Scripting time of the painting surface per pointer frame while painting, by the browser's own trace: one JSON line.
//
//   node benchmarks/canvas_stage.mjs [--size 1024] [--brushes 12] [--brush 64] [--frames 300]

import {parseArgs} from 'node:util';
import {findBrowser, servePage} from '../tests/e2e/stage/stage_page.mjs';

const NUMBERS = {size: '1024', brushes: '12', brush: '64', frames: '300'};
const {values} = parseArgs({options: Object.fromEntries(Object.entries(NUMBERS).map(([name, value]) => [name, {type: 'string', default: value}]))});
const [size, brushes, brush, frames] = Object.keys(NUMBERS).map((name) => Number(values[name]));
const SCRIPTS = ['EventDispatch', 'FireAnimationFrame', 'FunctionCall', 'TimerFire', 'MinorGC', 'MajorGC'];
const WARM = 10; // frames in which code is compiled

/** Milliseconds of scripting up to the end of each animation frame. */
function sumFrames(events) {
  const scripts = events.filter(({ph, name}) => ph === 'X' && SCRIPTS.includes(name)).sort((a, b) => a.ts - b.ts);
  const sums = [0];
  let end = 0;
  for (const {ts, dur, name} of scripts) {
    if (ts < end) continue; // inside another
    end = ts + dur;
    sums[sums.length - 1] += dur / 1000;
    if (name === 'FireAnimationFrame') sums.push(0);
  }
  return sums.slice(WARM, -1);
}

async function paint(page) {
  await page.mouse.move(600, 300);
  await page.mouse.down();
  for (let step = 0; step < frames; step += 1) {
    const turn = step / 25;
    const reach = 1 - step / (2 * frames);
    await page.mouse.move(850 + 300 * Math.cos(turn) * reach, 520 + 330 * Math.sin(turn * 1.3) * reach);
  }
  await page.mouse.up();
}

async function measure(browser, address) {
  const page = await browser.newPage({viewport: {width: 1600, height: 1000}});
  await page.goto(`${address}?size=${size}x${size}`);
  await page.waitForFunction(() => window.stage);
  await page.evaluate(
    ([brushes, brush]) => {
      for (let index = 0; index < brushes; index += 1) {
        const [x, y] = [0.02 + (0.8 * index) / brushes, 0.05 + (0.7 * ((index * 5) % brushes)) / brushes];
        editor.addShape({[index % 2 ? 'ellipse' : 'rectangle']: [x, y, Math.min(1, x + 0.35), Math.min(1, y + 0.4)]}, `brush ${index}`);
      }
      stage.bench.selectNumber(Math.ceil(brushes / 2));
      stage.settings.set({size: brush, tool: 'brush'});
    },
    [brushes, brush],
  );
  await page.waitForTimeout(500);
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on('Tracing.dataCollected', ({value}) => events.push(...value));
  await session.send('Tracing.start', {transferMode: 'ReportEvents', traceConfig: {includedCategories: ['devtools.timeline', 'v8']}});
  await paint(page);
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  return sumFrames(events).sort((a, b) => a - b);
}

const found = await findBrowser();
if (!found) process.exit(1);
const server = await servePage();
const browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
const sums = await measure(browser, server.address);
const at = (share) => Number(sums[Math.min(sums.length - 1, Math.floor(share * sums.length))].toFixed(2));
console.log(JSON.stringify({benchmark: 'canvas_stage', size, brushes, brush, frames: sums.length, scripting_ms: {median: at(0.5), p95: at(0.95), most: at(1)}}));
await browser.close();
server.close();
