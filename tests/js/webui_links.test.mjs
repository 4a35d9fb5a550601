// Links between a WebUI's tabs: what one has reaches the others, and nothing is lost when a surface opens.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {say} from '../../javascript/regiondiff/strings.mjs';
import '../../javascript/regiondiff/strings_webui.mjs';
import {AccordionApp} from '../../javascript/regiondiff/webui/accordion_app.mjs';
import {Links} from '../../javascript/regiondiff/webui/links.mjs';
import {Mailbox} from '../../javascript/regiondiff/webui/mailbox.mjs';
import {TabApp} from '../../javascript/regiondiff/webui/tab_app.mjs';
import {TabLinks} from '../../javascript/regiondiff/webui/tab_links.mjs';
import {TabSide} from '../../javascript/regiondiff/webui/tab_side.mjs';
import {SCHEMA} from './palette_schema.mjs';

const OWN = JSON.stringify({version: 1, size: {width: 64, height: 64}, brushes: [{id: 'b1', prompt: 'a cat', mask: {rectangle: [0, 0, 1, 1]}}]});
globalThis.updateInput = () => {};

/** A page with a text for each of two tabs. @param {string[]} values */
function makePage(values) {
  const element = () => Object.assign(new EventTarget(), {append() {}, setAttribute() {}, setAttributeNS() {}, style: {}});
  const texts = values.map((value) => ({value}));
  return Object.assign(new EventTarget(), {texts, querySelectorAll: () => texts, createElement: element, createElementNS: element});
}

/** What a tab's surface is made of, without what is seen of it. @param {any} kind @param {any} page @param {number} number of its text */
function makeApp(kind, page, number) {
  const app = Object.create(kind.prototype);
  const tab = {
    palette: page.texts[number], size: {width: 64, height: 64}, resize() {}, turn() {},
    get text() { return this.palette.value; },
    set text(text) { this.palette.value = text; },
  };
  const editor = {state: emptyState({width: 64, height: 64}), size: {width: 64, height: 64}};
  Object.assign(app, {page, tab, editor, say, states: new Map(), preferences: {}, stopper: new AbortController(), services: {schema: SCHEMA}, checking: {check() {}, later() {}}});
  Object.assign(app, {root: {ownerDocument: page}, refresh() {}, judged() {}, keepPreferences() {}, setKind() {}, makeEmpty: () => emptyState({width: 64, height: 64})});
  app.replace = (/** @type {any} */ state) => {
    editor.state = state;
    app.changed({});
  };
  app.keeper = {later() {}, async restore() {}};
  app.links = new Links(app);
  app.mailbox = new Mailbox(app, tab);
  return app;
}

for (const kind of [AccordionApp, TabApp]) {
  test(`${kind.name}: a surface that opens with nothing leaves the other tab its palette`, async () => {
    const page = makePage(['', OWN]);
    await makeApp(kind, page, 0).start();
    assert.equal(page.texts[1].value, OWN);
  });

  test(`${kind.name}: a surface that opens with a palette tells it to the other tab`, async () => {
    const page = makePage([OWN, '']);
    await makeApp(kind, page, 0).start();
    assert.equal(page.texts[1].value, OWN);
  });
}

test('a surface that opens takes what the other tab has, not what it had before the page was loaded', async () => {
  const page = makePage(['', OWN]);
  const app = makeApp(AccordionApp, page, 0);
  app.keeper.restore = () => assert.fail('older');
  await app.start();
  assert.equal(page.texts[0].value, OWN);
  assert.deepEqual(app.editor.state.palette.brushes.map(({prompt}) => prompt), ['a cat']);
});

test('what the tab of its own had before the page was loaded does not take the place of what txt2img has', async () => {
  const page = makePage([OWN, '']);
  const app = makeApp(TabApp, page, 0);
  const older = emptyState({width: 64, height: 64});
  older.palette.brushes.push({id: 'b1', name: '', prompt: 'older', colour: '#000000'});
  older.masks.set('b1', {shape: null, tiles: new Map()});
  app.keeper.restore = async () => app.replace(older);
  await app.start();
  assert.equal(page.texts[0].value, OWN);
  assert.deepEqual(app.editor.state.palette.brushes.map(({prompt}) => prompt), ['a cat']);
});

/** The tab of its own, whose palette is txt2img's too while they are linked. @param {any} page */
function makeTab(page) {
  const app = makeApp(TabApp, page, 0);
  const tab = new TabSide(/** @type {any} */ ({id: 'txt2img_regiondiff_accordion', ownerDocument: page, querySelector: () => page.texts[0]}));
  tab.isApart = () => !app.links.isLinked;
  page.getElementById = () => null;
  app.tab = app.mailbox.tab = tab;
  app.links = new TabLinks(app);
  app.links.listen(app.stopper.signal);
  return app;
}

/** @param {any} app @returns {Promise<string[]>} the prompts of its brushes, when it has looked */
async function look(app) {
  app.mailbox.look();
  await app.mailbox.busy;
  return app.editor.state.palette.brushes.map((/** @type {any} */ {prompt}) => prompt);
}

test('the tab of its own keeps its palette when tabs are parted, and gives it to all when it links them', async () => {
  const page = makePage([OWN, '']);
  const [tab, img2img] = [makeTab(page), makeApp(AccordionApp, page, 1)];
  await tab.start();
  img2img.links.toggle();
  assert.deepEqual(await look(tab), ['a cat'], 'parted');
  page.texts[0].value = '';
  assert.deepEqual(await look(tab), ['a cat'], 'txt2img has another one');
  tab.links.toggle();
  assert.deepEqual(await look(tab), ['a cat'], 'linked');
  assert.deepEqual(page.texts.map(({value}) => value), [OWN, OWN]);
});

test('the tab of its own takes nothing from the others when it links them and has nothing', async () => {
  const page = makePage(['', '']);
  const [tab, img2img] = [makeTab(page), makeApp(AccordionApp, page, 1)];
  await tab.start();
  img2img.links.toggle();
  page.texts[0].value = OWN;
  assert.deepEqual(await look(tab), [], 'parted');
  tab.links.toggle();
  assert.deepEqual(await look(tab), ['a cat'], 'linked');
});
