// Batches of a WebUI's job: which pictures were drawn to the end, and which is the first in a preview of several.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {HostJob} from '../../javascript/regiondiff/webui/host_job.mjs';
import {findGrid} from '../../javascript/regiondiff/webui/tab_drawing.mjs';

/** A page with a finished job of `planned` pictures, of which `drawn` came, after a grid of them. @param {{planned: number, drawn: number, batch: [count: number, size: number], settings?: object}} given */
function makePage({planned, drawn, batch: [count, size], settings = {}}) {
  const texts = {
    generation_info_txt2img: JSON.stringify({index_of_first_image: 1, all_seeds: Array.from({length: planned}, (_, at) => 7 + at), infotexts: ['grid', ...Array.from({length: drawn}, (_, at) => `words ${at}`)]}),
    settings_json: JSON.stringify(settings),
    txt2img_batch_count: String(count),
    txt2img_batch_size: String(size),
  };
  const images = Array.from({length: drawn + 1}, (_, at) => ({src: `picture ${at}`, closest: () => null}));
  const parts = Object.fromEntries(Object.entries(texts).map(([id, value]) => [id, {querySelector: () => ({value})}]));
  const gallery = {querySelectorAll: () => images};
  return {getElementById: (id) => (id === 'txt2img_gallery' ? gallery : parts[id]) ?? null};
}

/** The seeds of the pictures that count. */
function seedsOf(given, presses) {
  const job = new HostJob(makePage(given), 'txt2img');
  for (let press = 0; press < presses; press += 1) job.interrupt();
  return job.outcome().made.map(({url, seed, words}) => (assert.deepEqual([url, words], [`picture ${seed - 6}`, `words ${seed - 7}`]), seed));
}

test('all pictures of all batches come, without the grid', () => {
  assert.deepEqual(seedsOf({planned: 6, drawn: 6, batch: [3, 2]}, 0), [7, 8, 9, 10, 11, 12]);
});

test('a job that was interrupted leaves out the batch that it cut, and keeps those before', () => {
  assert.deepEqual(seedsOf({planned: 6, drawn: 4, batch: [3, 2]}, 1), [7, 8]);
  assert.deepEqual(seedsOf({planned: 1, drawn: 1, batch: [1, 1]}, 1), []);
  assert.deepEqual(seedsOf({planned: 2, drawn: 0, batch: [2, 1]}, 1), []);
});

test('where the WebUI finishes the batch that it draws, that counts; pressed twice it is cut', () => {
  const settings = {interrupt_after_current: true};
  assert.deepEqual(seedsOf({planned: 6, drawn: 4, batch: [3, 2], settings}, 1), [7, 8, 9, 10]);
  assert.deepEqual(seedsOf({planned: 6, drawn: 4, batch: [3, 2], settings}, 2), [7, 8]);
  assert.deepEqual(seedsOf({planned: 1, drawn: 1, batch: [1, 1], settings}, 1), []);
});

test('the grid of a preview is known by its aspect', () => {
  assert.deepEqual(findGrid({width: 64, height: 16}, 2, 2), [2, 1]);
  assert.deepEqual(findGrid({width: 64, height: 32}, 2, 4), [2, 2]);
  assert.deepEqual(findGrid({width: 96, height: 128}, 0.5, 6), [3, 2]);
  assert.deepEqual(findGrid({width: 512, height: 256}, 2, 1), [1, 1]);
});
