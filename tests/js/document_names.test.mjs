// Names of brushes from their prompts.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {nameBrush} from '../../javascript/regiondiff/document/names.mjs';

test('a brush without a name goes by the first words of its prompt, without an article or a loose end', () => {
  const names = {
    'a red house on grass': 'red house',
    'the sea': 'sea',
    'calm sea, small waves': 'calm sea',
    'a field of wheat': 'field of wheat',
    'view of the alps': 'view',
    '  An old oak.': 'old oak',
    'grass': 'grass',
    'the': 'the',
    '': '',
    '夜の海': '夜の海',
  };
  for (const [prompt, name] of Object.entries(names)) assert.equal(nameBrush({prompt}), name, prompt);
  assert.equal(nameBrush({name: 'roof', prompt: 'a red roof'}), 'roof');
  assert.equal(nameBrush({}), '');
});
