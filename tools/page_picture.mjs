// Takes docs/pictures/accordion.png: the accordion of a running WebUI, with three typed regions and their preview.
//
//   npm install --no-save playwright-core
//   node tools/page_picture.mjs http://127.0.0.1:7860 [PNG]
//
// CHROMIUM names the browser where it is not /usr/bin/chromium. Nothing is generated and nothing is saved in the WebUI.
import process from 'node:process';
import { chromium } from 'playwright-core';

const PROMPT = ['a lighthouse on a cliff, evening sun', 'a stormy sea, high waves', 'a sailing boat with red sails'];
const [url, file = 'docs/pictures/accordion.png'] = process.argv.slice(2);
if (!url) {
  console.error('usage: node tools/page_picture.mjs URL [PNG]');
  process.exit(2);
}

const part = (name) => `#script_txt2img_region_diffusion_regiondiff_${name}`;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
try {
  const page = await browser.newPage({ viewport: { width: 1500, height: 1400 }, deviceScaleFactor: 1 });
  await page.goto(`${url}/?__theme=dark`, { timeout: 180_000 });
  await page.locator('#txt2img_prompt textarea').fill(PROMPT.join('\n'), { timeout: 180_000 });
  await page.waitForTimeout(3000); // the page still moves after its parts are there
  await page.locator(`${part('accordion')} .label-wrap`).click();
  await page.locator(`${part('typed')} input`).click();
  await page.locator(`${part('ratios')} :is(input, textarea)`).fill('2,3,1');
  await page.locator(`${part('accordion')} .regiondiff-picture >> text=3`).waitFor();
  await page.locator(`${part('accordion')} .regiondiff-legend >> text=50.0 %`).waitFor();
  await page.locator(part('accordion')).screenshot({ path: file });
} finally {
  await browser.close();
}
