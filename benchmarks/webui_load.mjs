// How long a WebUI's page takes to load with the extension and without it: loads that alternate, each with an empty cache.
//
//   node benchmarks/webui_load.mjs http://127.0.0.1:7860 http://127.0.0.1:7870 [--count 20]
//
// The first address is a WebUI with the extension, the second the same without (--disable-extra-extensions). Prints one JSON line:
// medians of the time that passed, and of the time that the page's main thread worked, which other programs disturb less.
// A load ends when the WebUI calls what waits for its page to be there, as the extension's own script does.
import process from 'node:process';
import {parseArgs} from 'node:util';
import {findBrowser} from '../tests/e2e/stage/stage_page.mjs';

const {positionals: [withIt, without], values} = parseArgs({allowPositionals: true, options: {count: {type: 'string', default: '20'}}});
const found = await findBrowser();
if (!found || !without) throw new Error('expected two addresses, and chromium');

/** Note when the page is there. */
function watch() {
  const timer = setInterval(() => {
    if (typeof window.onUiLoaded !== 'function') return;
    clearInterval(timer);
    window.onUiLoaded(() => setTimeout(() => (window.loadedAt = performance.now())));
  }, 1);
}

/** @typedef {{passed: number, worked: number}} Load in milliseconds */

/** @param {import('playwright-core').Browser} browser @param {string} url @returns {Promise<Load>} */
async function load(browser, url) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const page = await context.newPage();
  const meter = await context.newCDPSession(page);
  await meter.send('Performance.enable', {timeDomain: 'threadTicks'});
  await page.addInitScript(watch);
  await page.goto(url, {waitUntil: 'commit'});
  await page.waitForFunction(() => window.loadedAt, null, {timeout: 120_000});
  const {metrics} = await meter.send('Performance.getMetrics');
  const passed = await page.evaluate(() => window.loadedAt);
  await context.close();
  return {passed, worked: 1000 * (metrics.find(({name}) => name === 'TaskDuration')?.value ?? NaN)};
}

/** @param {number[]} times */
function median(times) {
  const sorted = [...times].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.ceil(middle - 0.5)]) / 2;
}

/** @param {Load[]} some with the extension @param {Load[]} others without @param {keyof Load} kind */
function compare(some, others, kind) {
  const [one, other] = [some, others].map((loads) => median(loads.map((each) => each[kind])));
  const differences = some.map((each, index) => each[kind] - others[index][kind]);
  return {with_ms: Math.round(one), without_ms: Math.round(other), more_ms: Math.round(one - other), median_of_differences_ms: Math.round(median(differences))};
}

const hosts = [withIt, without].map((url) => new URL(url).hostname); // what is elsewhere, as fonts, is not there
const args = ['--no-sandbox', `--host-resolver-rules=MAP * ~NOTFOUND, ${hosts.map((host) => `EXCLUDE ${host}`).join(', ')}`];
const browser = await found.chromium.launch({executablePath: found.executablePath, args});
const loads = {with: [], without: []};
for (const url of [withIt, without]) await load(browser, url); // the first one fills the servers' own caches
for (let count = 0; count < Number(values.count); count += 1) {
  const pairs = [['with', withIt], ['without', without]];
  for (const [name, url] of count % 2 ? pairs : pairs.reverse()) loads[name].push(await load(browser, url));
}
await browser.close();
const [passed, worked] = ['passed', 'worked'].map((kind) => compare(loads.with, loads.without, kind));
process.stdout.write(`${JSON.stringify({benchmark: 'webui_load', loads: Number(values.count), passed, worked})}\n`);
