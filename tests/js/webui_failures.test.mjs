// What a WebUI says of a failed job, and whose brush it is about: brushes' ids may be any words.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {sort} from '../../javascript/regiondiff/client/verdict.mjs';
import '../../javascript/regiondiff/strings_webui.mjs';
import {say} from '../../javascript/regiondiff/strings.mjs';
import {Failures} from '../../javascript/regiondiff/webui/failures.mjs';

/** The brush with a badge after the WebUI has said something. @param {string[]} ids @param {string} said */
function findBadges(ids, said) {
  const brushes = ids.map((id) => ({id, name: '', prompt: 'a cat'}));
  const app = {
    say, tell() {}, judged() {}, toasts: {clear() {}}, asPage: () => app, findBrush: (id) => brushes.find((each) => each.id === id) ?? null,
    editor: {state: {palette: {brushes}}},
    tab: {isOn: true, text: JSON.stringify({brushes}), log: {querySelector: () => ({textContent: said})}},
  };
  const failures = new Failures(app);
  failures.look();
  return Object.keys(failures.mark(sort(app, {notices: []}, ids)).badges);
}

const WRONG = 'expected finite numbers, got NaN or infinity';

test('a prediction that failed is of the brushes that it names, whatever their ids', () => {
  for (const id of ['b2', '木', 'a tree', 'a.b(c', 'constructor', '__proto__']) {
    assert.deepEqual(findBadges(['b1', id], `HostError: prediction of ${id} at noise 0.500: ${WRONG}`), [id]);
    assert.deepEqual(findBadges([id, 'x'], `HostError: prediction of background, x at noise 0.500: ${WRONG}`), ['x']);
  }
  assert.deepEqual(findBadges(['b', 'b1'], `HostError: prediction of b1 at noise 0.500: ${WRONG}`), ['b1']);
  assert.deepEqual(findBadges(['木', 'b1'], `HostError: prediction of the blend at noise 0.500: ${WRONG}`), []);
});

test('a verdict has nothing of brushes that it does not speak of', () => {
  const {badges, shares, tokens} = sort(null, {notices: []}, ['constructor', 'toString']);
  for (const of of [badges, shares, tokens]) assert.deepEqual([of.constructor, of.toString, of.__proto__], [undefined, undefined, undefined]);
});
