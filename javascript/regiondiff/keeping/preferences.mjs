// What a person has set: keys and tools, kept in this browser; without its storage the page forgets them, not its pictures.

/** @typedef {{keys?: Record<string, string>, stage?: any, linked?: boolean, docked?: boolean}} Preferences */

const NAME = 'regiondiff preferences';

/** @returns {Preferences} */
export function readPreferences() {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {Preferences} preferences */
export function keepPreferences(preferences) {
  try {
    localStorage.setItem(NAME, JSON.stringify(preferences));
  } catch {
    // private windows keep nothing
  }
}
