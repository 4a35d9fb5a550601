// Strings: what a module says is there once the module is.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {addStrings, say} from '../../javascript/regiondiff/strings.mjs';

const FOLDER = new URL('../../javascript/regiondiff/', import.meta.url);
const LATER = new URL('strings_later.mjs', FOLDER).href;

/** A module and all that comes with it. @param {string} url @param {Set<string>} [found] */
function collect(url, found = new Set()) {
  if (found.has(url)) return found;
  found.add(url);
  for (const [, path] of readFileSync(fileURLToPath(url), 'utf8').matchAll(/^(?:import|export)\b[^;]*?'(\.[^']+\.mjs)'/gm)) collect(new URL(path, url).href, found);
  return found;
}

/** Keys that a module names in full. @param {string} url */
function listKeys(url) {
  return [...readFileSync(fileURLToPath(url), 'utf8').matchAll(/\bsay\('([\w.]+)'/g)].map(([, key]) => key);
}

/** @param {string} key */
function knows(key) {
  try {
    return say(key) !== undefined;
  } catch {
    return false;
  }
}

test('what comes with the page says nothing that comes later', () => {
  const modules = collect(new URL('page/main.mjs', FOLDER).href);
  assert.ok(!modules.has(LATER) && modules.size > 40, `${modules.size} modules`);
  const missing = [...modules].flatMap((url) => listKeys(url).filter((key) => !knows(key)).map((key) => `${url.slice(FOLDER.href.length)}: ${key}`));
  assert.deepEqual(missing, []);
});

test('strings that are added can be said, with their values', () => {
  addStrings({'test.one': '{a} and {b}'});
  assert.equal(say('test.one', {a: 1, b: 'two'}), '1 and two');
  assert.throws(() => say('test.two'), /unknown key test.two/);
});
