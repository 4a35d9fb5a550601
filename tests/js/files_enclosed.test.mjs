// What lies within what: areas of a colour map against a slow search, and what importing makes of a moon in the sky.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {toPixels} from '../../javascript/regiondiff/document/rasters.mjs';
import {readColourMap} from '../../javascript/regiondiff/files/colour_map.mjs';
import {findEnclosed} from '../../javascript/regiondiff/files/enclosed.mjs';

/** Numbers from 0 to 1 by a seed. */
function makeRandom(seed) {
  return () => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
}

/** Whether a walk from each pixel of `inner` to the rim meets `outer`, step by step. */
function isWithin(owners, width, inner, outer) {
  const height = owners.length / width;
  const starts = [...owners.keys()].filter((at) => owners[at] === inner);
  const seen = new Set(starts);
  const next = [...starts];
  while (next.length) {
    const at = next.pop();
    const [x, y] = [at % width, Math.floor(at / width)];
    if (!x || !y || x === width - 1 || y === height - 1) return false;
    for (const other of [at - 1, at + 1, at - width, at + width]) {
      if (seen.has(other) || owners[other] === outer) continue;
      seen.add(other);
      next.push(other);
    }
  }
  return starts.length > 0;
}

test('what lies within what is what a slow search finds', () => {
  const random = makeRandom(7);
  let count = 0;
  for (let round = 0; round < 300; round += 1) {
    const [width, height, kinds] = [4 + Math.floor(random() * 9), 4 + Math.floor(random() * 9), 2 + Math.floor(random() * 3)];
    const owners = new Uint8Array(width * height);
    for (let part = 0; part < 6; part += 1) {
      const [left, top] = [Math.floor(random() * width), Math.floor(random() * height)];
      const [wide, high] = [1 + Math.floor((random() * width) / (part + 1)), 1 + Math.floor((random() * height) / (part + 1))];
      owners.forEach((_, at) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        if (x >= left && x < left + wide && y >= top && y < top + high) owners[at] = part % kinds;
      });
    }
    const found = findEnclosed(owners, width, kinds);
    for (let outer = 0; outer < kinds; outer += 1) {
      for (let inner = 0; inner < kinds; inner += 1) {
        const wanted = inner !== outer && isWithin(owners, width, inner, outer);
        assert.equal(found[outer].has(inner), wanted, `${inner} in ${outer} of ${width}: ${owners}`);
        count += wanted ? 1 : 0;
      }
    }
  }
  assert.ok(count > 20, `only ${count} areas lay within others`);
});

test('noise has too many areas for any to lie within others', () => {
  const owners = new Uint8Array(600 * 600).map((_, at) => ((at % 600) + Math.floor(at / 600)) % 2);
  owners.fill(1, 300 * 600, 600 * 600);
  assert.deepEqual(findEnclosed(owners, 600, 2), [new Set(), new Set()]);
});

const [SKY, MOON, SEA, CRATER] = [[7, 9, 182], [136, 178, 92], [51, 193, 217], [89, 102, 255]];

/** A map of 256x192 px: the sky above the sea, a moon in the sky with a soft edge, a crater in the moon. */
function makeMap() {
  const data = new Uint8Array(4 * 256 * 192).fill(255);
  for (let y = 0; y < 192; y += 1) {
    for (let x = 0; x < 256; x += 1) {
      const share = Math.min(1, Math.max(0, (40 - Math.hypot(x - 100, y - 60)) / 2 + 0.5));
      const sea = Math.min(1, Math.max(0, (y - 130 - x / 11) / 2 + 0.5));
      const below = SKY.map((value, at) => value * (1 - sea) + SEA[at] * sea);
      const colour = Math.hypot(x - 110, y - 60) < 9 ? CRATER : below.map((value, at) => Math.round(value * (1 - share) + MOON[at] * share));
      data.set(colour, 4 * (y * 256 + x));
    }
  }
  return {width: 256, height: 192, data};
}

const name = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

function cover(state, colour) {
  const {id} = state.palette.brushes.find((each) => each.colour === name(colour));
  return toPixels(state.masks.get(id).tiles, state.palette.size);
}

test('a moon lies on the sky, which goes on below it; soft edges go to what is beside them', () => {
  const {state, made} = readColourMap(makeMap(), emptyState({width: 256, height: 192}));
  assert.equal(made, 4);
  const [sky, moon, sea, crater] = [SKY, MOON, SEA, CRATER].map((colour) => cover(state, colour));
  const order = state.palette.brushes.map(({colour}) => colour);
  assert.ok(order.indexOf(name(SKY)) < order.indexOf(name(MOON)) && order.indexOf(name(MOON)) < order.indexOf(name(CRATER)));
  for (let at = 0; at < sky.length; at += 1) {
    const [x, y] = [at % 256, Math.floor(at / 256)];
    if (y - x / 11 < 128) assert.equal(sky[at], 255, `the sky at ${x}, ${y}`);
    else if (y - x / 11 > 132) assert.equal(sea[at], 255, `the sea at ${x}, ${y}`);
    else assert.equal(sky[at] + sea[at], 255, `the horizon at ${x}, ${y}`);
    const radius = Math.hypot(x - 100, y - 60);
    if (Math.abs(radius - 40) > 1) assert.equal(moon[at], radius < 40 ? 255 : 0, `the moon at ${x}, ${y}`);
    assert.equal(crater[at], Math.hypot(x - 110, y - 60) < 9 ? 255 : 0, `the crater at ${x}, ${y}`);
  }
});

test('a brush that is above in the palette stays what can be seen', () => {
  const empty = emptyState({width: 256, height: 192});
  const brushes = [MOON, SKY].map((colour, at) => ({id: `b${at}`, name: '', prompt: 'words', colour: name(colour)}));
  const {state} = readColourMap(makeMap(), {...empty, palette: {...empty.palette, brushes}});
  const [sky, moon] = [SKY, MOON].map((colour) => cover(state, colour));
  assert.equal(sky[60 * 256 + 80], 0);
  assert.equal(moon[60 * 256 + 80], 255);
});
