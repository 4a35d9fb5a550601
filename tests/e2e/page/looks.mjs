// How the page looks in each of its states: axe finds nothing serious, with the pointer elsewhere and on each control, no text is cut off, no part leaves the page.

import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {STATES} from './states.mjs';
import {pageTest, server} from './tests.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LOOKS = {
  'light, 1280 by 800': {colorScheme: 'light'},
  'dark, 1280 by 800 at 125 %': {colorScheme: 'dark', viewport: {width: 1024, height: 640}, deviceScaleFactor: 1.25},
  'light, a phone': {colorScheme: 'light', viewport: {width: 390, height: 844}, isMobile: true},
};

/** What axe finds that matters, in words. */
async function findFaults(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const {violations} = await page.evaluate(() => window.axe.run({resultTypes: ['violations']}));
  return violations.filter(({impact}) => ['serious', 'critical'].includes(impact)).flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target} ${failureSummary}`));
}

/** What of that axe finds while the pointer is on a control, on all of them at once. */
async function findFaultsUnderPointer(page, session) {
  await session.send('DOM.enable');
  await session.send('CSS.enable');
  const {root} = await session.send('DOM.getDocument', {depth: 0});
  const {nodeIds} = await session.send('DOM.querySelectorAll', {nodeId: root.nodeId, selector: '.rd-app :is(button, a, select, input, textarea, summary, label, [role])'});
  const force = (/** @type {string[]} */ forcedPseudoClasses) => Promise.all(nodeIds.map((nodeId) => session.send('CSS.forcePseudoState', {nodeId, forcedPseudoClasses})));
  await force(['hover']);
  const faults = await findFaults(page);
  await force([]);
  await session.send('DOM.disable');
  return faults.map((fault) => `under the pointer: ${fault}`);
}

/** Buttons and labels whose words do not fit, and parts that leave the page or their panel. */
function findCut(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const name = (each) => `${each.tagName.toLowerCase()}.${each.className} "${each.textContent.trim().slice(0, 40)}"`;
    const shown = (each) => each.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !each.closest('.rd-rows, .rd-only-read, .rd-stage');
    const short = [...document.querySelectorAll('.rd-app :is(button, select, summary, label, h1, h2, h3, .rd-segments, .rd-model, .rd-saved)')].filter((each) => shown(each) && each.scrollWidth > each.clientWidth + 1 && !(each.title && getComputedStyle(each).textOverflow === 'ellipsis') && !['inline', 'contents'].includes(getComputedStyle(each).display));
    const leaves = (each) => {
      const [box, room] = [each, each.closest('.rd-left, .rd-run')].map((part) => part?.getBoundingClientRect() ?? {left: 0, right: wide});
      return box.right > room.right + 1 || box.left < room.left - 1;
    };
    const out = [...document.querySelectorAll('.rd-app :is(button, input, textarea, select, .rd-toast, .rd-menu, dialog)')].filter((each) => shown(each) && leaves(each));
    return [...short.map((each) => `cut: ${name(each)}`), ...out.map((each) => `outside: ${name(each)}`)];
  });
}

for (const [name, options] of Object.entries(LOOKS)) {
  pageTest(`all states can be read by everybody: ${name}`, async (hands, page) => {
    await hands.open(server.address);
    const found = [];
    for (const [state, make] of Object.entries(STATES)) {
      const end = await make(hands);
      for (const fault of [...(await findFaults(page)), ...(await findFaultsUnderPointer(page, hands.session)), ...(await findCut(page))]) found.push(`${state}: ${fault}`);
      await end?.();
    }
    assert.deepEqual(found, []);
  }, options);
}
