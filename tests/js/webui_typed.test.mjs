// Typed regions in several tabs of a WebUI: what the switch puts aside comes back, whichever tab it is pressed in.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Typed} from '../../javascript/regiondiff/webui/typed.mjs';

const PAINTED = '{"version": 1, "brushes": []}';
const TYPED = '{"typed": {}}';

/** The program's answers, as the desk gives them. */
const asker = {
  /** @param {() => any} make */
  async ask(make) {
    const {do: act, on, text, kept} = make();
    if (act === 'read') return {typed: text === TYPED, options: {}, caption: false};
    if (on === (text === TYPED)) return {text, kept};
    return on ? {text: TYPED, kept: text} : {text: kept, kept: ''};
  },
};

/** Tabs of a page whose texts are one where they are linked. @param {boolean} linked */
function makeTabs(linked) {
  const page = {text: PAINTED};
  return [0, 1].map(() => {
    const own = linked ? page : {text: PAINTED};
    const tab = {get text() { return own.text; }, set text(text) { own.text = text; }, turn() {}};
    const app = {page, tab, links: {isLinked: linked}, mailbox: {look() {}}};
    return {tab, open: () => new Typed(/** @type {any} */ (app), /** @type {any} */ (asker))};
  });
}

for (const late of [false, true]) {
  test(`a palette that one of linked tabs puts aside comes back in another that opens ${late ? 'later' : 'before'}`, async () => {
    const [first, second] = makeTabs(true);
    const one = first.open();
    let other = late ? null : second.open();
    await one.turn(true);
    assert.equal(second.tab.text, TYPED);
    other ??= second.open();
    await other.turn(false);
    assert.equal(first.tab.text, PAINTED);
    await one.turn(true);
    await one.turn(false);
    assert.equal(first.tab.text, PAINTED);
  });
}

test('tabs that are parted keep what they put aside for themselves', async () => {
  const [first, second] = makeTabs(false);
  const [one, other] = [first.open(), second.open()];
  second.tab.text = 'another';
  await one.turn(true);
  await other.turn(true);
  await one.turn(false);
  await other.turn(false);
  assert.deepEqual([first.tab.text, second.tab.text], [PAINTED, 'another']);
});
