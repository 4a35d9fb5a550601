// Takes pictures of the painting page in all its states and sizes, light and dark, for people to look at beside each other.
//
//   npm ci
//   node tools/page_states.mjs [FOLDER] [WORDS]
//
// FOLDER is out/page-states where none is given; WORDS name what to take, such as `phone` or `dark`. It starts the server with the
// demo model and chromium (CHROMIUM names another browser), and stops both. REGIONDIFF_PYTHON names a Python with the library's packages.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {findBrowser, Hands} from '../tests/e2e/page/hands.mjs';
import {Server} from '../tests/e2e/page/server.mjs';
import {STATES} from '../tests/e2e/page/states.mjs';

const [folder = 'out/page-states', ...words] = process.argv.slice(2);
/** @type {Record<string, import('playwright-core').BrowserContextOptions>} */
const SIZES = {
  laptop: {viewport: {width: 1280, height: 800}},
  wide: {viewport: {width: 1920, height: 1080}},
  phone: {viewport: {width: 390, height: 844}, deviceScaleFactor: 2, isMobile: true, hasTouch: true},
  'at 125': {viewport: {width: 1024, height: 640}, deviceScaleFactor: 1.25},
};

/** All states, one after the other, on one page. @param {import('playwright-core').BrowserContext} context @param {Server} server @param {string} name */
async function takeAll(context, server, name) {
  context.setDefaultTimeout(180_000);
  const page = await context.newPage();
  const hands = new Hands(page, await context.newCDPSession(page));
  await hands.open(server.address);
  for (const [state, make] of Object.entries(STATES)) {
    const end = await make(hands);
    await page.waitForTimeout(700); // labels find their places, thumbnails load
    await page.screenshot({path: path.join(folder, `${name} ${state}.png`)});
    await end?.();
  }
}

const found = await findBrowser();
if (!found) process.exit(1);
await mkdir(folder, {recursive: true});
const server = new Server();
let browser;
try {
  await server.start('--seed', '7');
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, options] of Object.entries(SIZES)) {
      if (!words.every((word) => [size, colorScheme].includes(word))) continue;
      const context = await browser.newContext({colorScheme, ...options});
      await takeAll(context, server, `${size} ${colorScheme}`);
      await context.close();
    }
  }
} finally {
  await browser?.close();
  await server.kill();
}
