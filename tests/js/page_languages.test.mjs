// Languages: no string is missing in any, none is one too many, and what is put into one is put into all.

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import {test} from 'node:test';

import {chooseLanguage} from '../../javascript/regiondiff/languages.mjs';
import {say, translate, useWords} from '../../javascript/regiondiff/strings.mjs';

const FOLDER = new URL('../../javascript/regiondiff/', import.meta.url);
const LANGUAGES = new URL('languages/', FOLDER);
const ENTRY = /^ {2}'?([\w.]+)'?: (?:'((?:[^'\\]|\\.)*)'|"([^"]*)"),$/gm;

/** @param {string} text */
function listPlaces(text) {
  return [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
}

/** All strings in English, from the modules that have them. @returns {Map<string, string>} */
function readEnglish() {
  const names = readdirSync(FOLDER).filter((name) => /^strings\w*\.mjs$/.test(name));
  return new Map(names.flatMap((name) => [...readFileSync(new URL(name, FOLDER), 'utf8').matchAll(ENTRY)].map(([, key, one, two]) => [key, one ?? two])));
}

const english = readEnglish();

test('all strings are found here that modules have', () => {
  assert.ok(english.size > 300);
  assert.equal(english.get('run.generate'), say('run.generate'));
});

for (const file of readdirSync(LANGUAGES)) {
  const {strings, reviewed, note} = JSON.parse(readFileSync(new URL(file, LANGUAGES), 'utf8'));

  test(`${file} has every string, and nothing else`, () => {
    assert.deepEqual(Object.keys(strings).sort(), [...english.keys()].sort());
    for (const [key, text] of Object.entries(strings)) {
      assert.ok(text.trim(), key);
      assert.deepEqual(listPlaces(text), listPlaces(english.get(key) ?? ''), key);
    }
  });

  test(`${file} says whether somebody has reviewed it`, () => {
    assert.equal(typeof reviewed, 'boolean');
    if (!reviewed) assert.match(note, /nobody/);
  });
}

test('a language is chosen by names of browsers and of WebUIs', () => {
  assert.deepEqual([['ja-JP', 'en'], ['zh_CN'], ['zh-Hant-TW'], ['de', 'ja'], ['chinese-all-0313']].map(chooseLanguage), ['ja', 'zh', 'zh', 'ja', 'zh']);
  assert.deepEqual([['en-GB', 'ja'], ['de'], [], [''], ['None']].map(chooseLanguage), [null, null, null, null, null]);
});

test('a translated string is said, with its values; others stay English', () => {
  translate({'picture.seed': 'シード {seed}', 'run.pictures': '画像'});
  assert.equal(say('run.pictures'), '画像');
  assert.equal(say('run.generate'), 'Generate');
});

test("a WebUI's list of words says what it has, whatever is named in it", () => {
  useWords({Generate: 'Erzeugen', constructor: 'no'});
  assert.equal(say('run.generate'), 'Erzeugen');
  assert.equal(say('run.pictures'), '画像'); // our own come first
  assert.equal(say('edit.undo'), 'Undo');
});
