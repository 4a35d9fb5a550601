// Rules for our own JavaScript; what is vendored stays as it came.

import js from '@eslint/js';
import globals from 'globals';

export default [
  {ignores: ['javascript/regiondiff/vendor/**', 'node_modules/**']},
  js.configs.recommended,
  {
    files: ['**/*.mjs'],
    languageOptions: {globals: {...globals.browser, ...globals.node}},
    rules: {eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error', 'no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}]},
  },
  {files: ['tests/e2e/**', 'benchmarks/**', 'tools/**'], languageOptions: {globals: {stage: 'readonly', editor: 'readonly', lab: 'readonly', states: 'readonly', asked: 'readonly', app: 'readonly'}}},
];
