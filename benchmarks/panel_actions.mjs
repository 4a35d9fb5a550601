// How many actions the ten commonest tasks take in our panel and in those of other extensions, done in a real browser and checked by what the panel
// holds afterwards and by what a picture says of itself.
//
//   node benchmarks/panel_actions.mjs http://127.0.0.1:7860 [--panel "Regional Prompter"] [--task 3] [--shots FOLDER]
//   node benchmarks/panel_actions.mjs --table counted.jsonl ...
//
// The WebUI needs a small model chosen; without --panel, panels that it has not are left out. Prints one JSON line a task, with the recorded steps; --table makes
// the table and the list of steps of such lines. Each task begins on a fresh page; what `begin` does is not counted. A task that a panel cannot do has no
// steps here: docs/reports/panels.md says which.

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {findBrowser} from '../tests/e2e/stage/stage_page.mjs';
import {Hands} from './panel_hands.mjs';
import {makeReport, PANELS} from './panel_tasks.mjs';

const PATIENCE = 120_000;

/** A fresh page of the WebUI. @param {import('playwright-core').BrowserContext} context @param {string} url */
async function openPage(context, url) {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(url, {waitUntil: 'commit', timeout: PATIENCE});
  await page.waitForSelector('#txt2img_prompt textarea', {timeout: PATIENCE});
  await page.waitForTimeout(4000); // the host's own scripts
  return page;
}

/** @param {import('playwright-core').Browser} browser @param {string} url @param {import('./panel_tasks.mjs').Task} task @param {string | undefined} shot */
async function doTask(browser, url, task, shot) {
  const context = await browser.newContext({viewport: {width: 1280, height: 1600}});
  const page = await openPage(context, url);
  const hands = new Hands(page);
  try {
    await task.begin?.(hands);
    hands.steps = [];
    await task.run(hands);
    const steps = [...hands.steps];
    if (shot) await page.screenshot({path: shot});
    await task.check(hands);
    return steps;
  } catch (error) {
    if (shot) await page.screenshot({path: shot.replace('.png', '-failed.png')});
    throw error;
  } finally {
    await context.close();
  }
}

/** Which panels a WebUI has. @param {import('playwright-core').Browser} browser @param {string} url */
async function findPanels(browser, url) {
  const context = await browser.newContext();
  const page = await openPage(context, url);
  const there = await page.evaluate((signs) => signs.map((sign) => Boolean(document.querySelector(sign))), Object.values(PANELS).map(({sign}) => sign));
  await context.close();
  return Object.entries(PANELS).filter((_, index) => there[index]);
}

/** Do tasks and print a line for each. @param {string} url @param {{panel?: string, task?: string, shots?: string}} wanted */
async function count(url, wanted) {
  const found = await findBrowser();
  if (!found) throw new Error('expected chromium');
  const args = ['--no-sandbox', `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${new URL(url).hostname}`];
  const browser = await found.chromium.launch({executablePath: found.executablePath, args});
  try {
    const panels = wanted.panel ? Object.entries(PANELS).filter(([panel]) => panel === wanted.panel) : await findPanels(browser, url);
    for (const [panel, {tasks}] of panels) {
      for (const task of tasks) {
        if (wanted.task && Number(wanted.task) !== task.number) continue;
        const shot = wanted.shots && path.join(wanted.shots, `${panel.replaceAll(' ', '-')}-${task.number}.png`);
        const line = {benchmark: 'panel_actions', panel, task: task.number};
        try {
          const steps = await doTask(browser, url, task, shot);
          process.stdout.write(`${JSON.stringify({...line, actions: steps.length, steps})}\n`);
        } catch (error) {
          process.exitCode = 1;
          process.stdout.write(`${JSON.stringify({...line, failed: String(error).slice(0, 400)})}\n`);
        }
      }
    }
  } finally {
    await browser.close();
  }
}

const options = /** @type {const} */ ({panel: {type: 'string'}, task: {type: 'string'}, shots: {type: 'string'}, table: {type: 'boolean'}});
const {positionals, values} = parseArgs({allowPositionals: true, options});
if (!positionals.length) throw new Error('expected the address of a WebUI, or --table and files');
if (values.table) {
  const texts = await Promise.all(positionals.map((file) => readFile(file, 'utf8')));
  process.stdout.write(makeReport(texts.flatMap((text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line)))));
} else await count(positionals[0], values);
