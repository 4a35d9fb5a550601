// Colours of brushes: neighbours in the order in which brushes get them differ for all eyes.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {COLOURS, pickColour} from '../../javascript/regiondiff/document/colours.mjs';
import {BLIND, measureDistance} from './colour_vision.mjs';

const LEAST = 15; // CIE 1976

for (const eyes of Object.keys(BLIND)) {
  test(`neighbours differ by ${LEAST} for ${eyes}`, () => {
    COLOURS.forEach((colour, index) => {
      const next = COLOURS[(index + 1) % COLOURS.length];
      const apart = measureDistance(colour, next, eyes);
      assert.ok(apart >= LEAST, `${colour} and ${next}: ${apart.toFixed(1)}`);
    });
  });
}

test('a further brush has a colour that is free, and never that of the one below it', () => {
  const taken = [];
  for (let count = 0; count < 40; count += 1) {
    const colour = pickColour(taken);
    assert.notEqual(colour, taken.at(-1));
    taken.push(colour);
  }
  assert.equal(new Set(taken.slice(0, COLOURS.length)).size, COLOURS.length);
});
