// Tiles at rest: any pixels come back, and what brushes paint takes a tenth of its bytes.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import fc from 'fast-check';

import {Editor} from '../../javascript/regiondiff/document/editor.mjs';
import {OpenTiles, openTile, packTile} from '../../javascript/regiondiff/document/packing.mjs';
import {emptyState} from '../../javascript/regiondiff/document/state.mjs';
import {drawStroke} from '../../javascript/regiondiff/document/stroke.mjs';
import {FULL} from '../../javascript/regiondiff/document/tiles.mjs';

const AREA = 4096;
/** Tiles of runs, of slopes and of noise. */
const runs = fc.array(fc.tuple(fc.nat(255), fc.integer({min: 1, max: 700})), {minLength: 1, maxLength: 60}).map((list) => Uint8Array.from(list.flatMap(([value, length]) => Array(length).fill(value)).concat(Array(AREA).fill(0)).slice(0, AREA)));
const slopes = fc.tuple(fc.integer({min: -9, max: 9}), fc.integer({min: -9, max: 9}), fc.integer({min: -300, max: 500})).map(([a, b, c]) => Uint8Array.from({length: AREA}, (_, at) => Math.min(255, Math.max(0, a * (at % 64) + b * (at >> 6) + c))));
const noise = fc.tuple(fc.nat(), fc.nat(255)).map(([seed, most]) => Uint8Array.from({length: AREA}, (_, at) => Math.imul(at + seed, 2654435761) >>> 24 & most));

test('any tile that is packed opens as it was, and takes no more bytes', () => {
  fc.assert(
    fc.property(fc.oneof(runs, slopes, noise), (tile) => {
      const kept = packTile(tile);
      assert.ok(kept.length <= AREA);
      assert.equal(Buffer.compare(openTile(kept), tile), 0);
    }),
    {numRuns: 500},
  );
});

test('tiles of strokes take a tenth of their bytes, soft ones a quarter', () => {
  for (const [hardness, share] of [[0.9, 0.1], [0, 0.25]]) {
    const editor = new Editor(emptyState({width: 1024, height: 1024}));
    const id = editor.addBrush();
    const session = editor.stroke(id);
    const points = Array.from({length: 12}, (_, at) => ({x: 100 + 70 * at, y: 300 + 200 * Math.sin(at), pressure: 1}));
    session.stamp(points, {size: 90, hardness, opacity: 0.8, pressureSize: false, pressureOpacity: false, erase: false}, drawStroke);
    session.commit();
    const tiles = [...editor.maskOf(id).tiles.values()].filter((tile) => tile !== FULL);
    const bytes = tiles.reduce((sum, tile) => sum + tile.length, 0);
    assert.ok(tiles.length > 50 && bytes < share * AREA * tiles.length, `${bytes} bytes in ${tiles.length} tiles of hardness ${hardness}`);
  }
});

test('tiles that are asked for again are at hand, and no more than so many', () => {
  const open = new OpenTiles();
  const kept = Array.from({length: 3000}, (_, at) => packTile(new Uint8Array(AREA).fill(at % 200, at)));
  for (const each of kept) assert.equal(open.get(each), open.get(each));
  assert.ok(open.tiles.size > 1000 && open.tiles.size < 2100);
  assert.equal(open.get(FULL), FULL);
  assert.deepEqual(open.get(kept[0]), openTile(kept[0]));
});
