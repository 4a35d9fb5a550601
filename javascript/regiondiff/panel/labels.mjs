// What fields, their values, steps and brushes are called; what has no words of its own goes by its name.

import {nameBrush} from '../document/names.mjs';
import {say} from '../strings.mjs';

/** @import {Brush} from '../document/types.d.ts' */

/** What a brush is called: its name, or the first words of its prompt. @param {Brush} brush */
export function nameOf(brush) {
  return nameBrush(brush) || say('brushes.unnamed');
}

/** @param {string} name of a field or of one of its values */
export function labelOf(name) {
  return sayOr(`field.${name}`, name.replace(/_/g, ' '));
}

/** @param {string} value */
export function helpOf(value) {
  return sayOr(`field.${value}.help`, '');
}

/** @param {string} label of a step of the history */
export function nameStep(label) {
  return sayOr(`history.${label}`, labelOf(label)).toLowerCase();
}

/** @param {string} key @param {string} otherwise */
function sayOr(key, otherwise) {
  try {
    return say(key);
  } catch {
    return otherwise;
  }
}
