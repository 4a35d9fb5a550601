// Takes docs/pictures/painting.png, README's first picture: the painting page, with a palette that is painted and drawn here.
//
//   npm ci
//   node tools/painting_picture.mjs [PNG]
//
// It starts the server with the demo model, paints by real pointer events in chromium (CHROMIUM names another browser), and
// stops both. REGIONDIFF_PYTHON names a Python that has the library's packages.
import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import process from 'node:process';
import {findBrowser, Hands} from '../tests/e2e/page/hands.mjs';
import {PYTHON, Server} from '../tests/e2e/page/server.mjs';

const [WIDTH, HEIGHT] = [512, 384];
const MOST = 400_000; // bytes of a picture in the repository
const SHRINK = 'import sys; from PIL import Image; Image.open(sys.argv[1]).convert("RGB").quantize(256).save(sys.argv[1], optimize=True)';
const file = process.argv[2] ?? 'docs/pictures/painting.png';

/** Regions from the lowest: tool, kind, what it shows, and the places that the pointer goes through. */
const REGIONS = [
  ['lasso', 'fills', 'the sea', [[268, 252], [360, 236], [520, 230], [520, 392], [250, 392], [268, 252]]],
  ['lasso', 'fills', 'grass', [[-8, 244], [80, 212], [180, 204], [250, 226], [300, 290], [326, 392], [-8, 392], [-8, 244]]],
  ['ellipse', 'one thing', 'a yellow sun on the sky', [[384, 14], [500, 130]]],
  ['ellipse', 'one thing', 'a white cloud on the sky', [[190, 24], [356, 140]]],
  ['rectangle', 'one thing', 'a red house on grass', [[20, 96], [160, 268]]],
  ['lasso', 'one thing', 'a green tree on grass', [[230, 150], [276, 176], [296, 234], [286, 304], [236, 336], [184, 322], [166, 268], [180, 190], [230, 150]]],
  ['rectangle', 'one thing', 'an orange boat on the sea', [[336, 206], [490, 352]]],
];

/** Points along a path, a few pixels apart, as a hand would give them. @param {number[][]} path */
function walk(path) {
  return path.flatMap(([x, y], index) => {
    const [fromX, fromY] = path[Math.max(0, index - 1)];
    const steps = Math.max(1, Math.round(Math.hypot(x - fromX, y - fromY) / 16));
    return Array.from({length: steps}, (_, step) => [fromX + ((x - fromX) * (step + 1)) / steps, fromY + ((y - fromY) * (step + 1)) / steps]);
  });
}

/** @param {Hands} hands @param {number[][]} path */
async function paint(hands, path) {
  const places = [];
  for (const [x, y] of walk(path)) places.push(await hands.place(x, y));
  await hands.page.mouse.move(places[0].x, places[0].y);
  await hands.page.mouse.down();
  for (const {x, y} of places.slice(1)) await hands.page.mouse.move(x, y);
  await hands.page.mouse.up();
  await hands.lifted();
}

/** @param {Hands} hands @param {string} address */
async function paintAll(hands, address) {
  await hands.open(address);
  await hands.page.getByRole('region', {name: 'Whole picture'}).getByRole('textbox').first().fill('the sky');
  for (const [index, [tool, kind, words, path]] of REGIONS.entries()) {
    if (index) await hands.press('Alt+n');
    await hands.take(tool);
    await paint(hands, path);
    await hands.type(words);
    await hands.page.getByRole('radio', {name: kind, exact: true}).click();
  }
}

/** Draw the picture, and leave the page as somebody sees it who looks at it. @param {Hands} hands */
async function draw(hands) {
  const {page} = hands;
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(() => app.pictures.length > 0 && !app.job, null, {timeout: 180_000});
  await hands.take('rectangle');
  await page.mouse.move(640, 780);
  await page.waitForTimeout(1500); // labels find their places, thumbnails load
}

const found = await findBrowser();
if (!found) process.exit(1);
const server = new Server();
let browser;
try {
  await server.start('--seed', '1', '--width', String(WIDTH), '--height', String(HEIGHT));
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
  for (const scale of [2, 1]) {
    const context = await browser.newContext({viewport: {width: 1280, height: 800}, deviceScaleFactor: scale, colorScheme: 'dark'});
    const page = await context.newPage();
    const hands = new Hands(page, await context.newCDPSession(page));
    await paintAll(hands, server.address);
    await draw(hands);
    await page.screenshot({path: file});
    execFileSync(PYTHON, ['-c', SHRINK, file]);
    await context.close();
    if (statSync(file).size <= MOST) break;
  }
} finally {
  await browser?.close();
  await server.kill();
}
