// How long a WebUI's page takes to load with the extension and without it: loads that alternate, each with an empty cache.
//
//   node benchmarks/webui_load.mjs http://127.0.0.1:7860 http://127.0.0.1:7870 [--count 20]
//
// The first address is a WebUI with the extension, the second the same without (--disable-extra-extensions). Prints one JSON line.
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

/** @param {import('playwright-core').Browser} browser @param {string} url @returns {Promise<number>} milliseconds */
async function load(browser, url) {
  const context = await browser.newContext({viewport: {width: 1280, height: 800}});
  const page = await context.newPage();
  await page.route((asked) => asked.origin !== new URL(url).origin, (route) => route.abort()); // fonts of elsewhere
  await page.addInitScript(watch);
  await page.goto(url, {waitUntil: 'commit'});
  await page.waitForFunction(() => window.loadedAt, null, {timeout: 120_000});
  const time = await page.evaluate(() => window.loadedAt);
  await context.close();
  return time;
}

/** @param {number[]} times */
function median(times) {
  const sorted = [...times].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.ceil(middle - 0.5)]) / 2;
}

const browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
const times = {with: [], without: []};
for (const url of [withIt, without]) await load(browser, url); // the first one fills the servers' own caches
for (let count = 0; count < Number(values.count); count += 1) {
  const pairs = [['with', withIt], ['without', without]];
  for (const [name, url] of count % 2 ? pairs : pairs.reverse()) times[name].push(await load(browser, url));
}
await browser.close();
const [one, other] = [median(times.with), median(times.without)];
const pairs = times.with.map((time, index) => time - times.without[index]);
process.stdout.write(`${JSON.stringify({benchmark: 'webui_load', loads: Number(values.count), with_ms: Math.round(one), without_ms: Math.round(other), median_of_differences_ms: Math.round(median(pairs)), more_ms: Math.round(one - other)})}\n`);
