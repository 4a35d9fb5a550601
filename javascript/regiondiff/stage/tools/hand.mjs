// Hand: the pointer engine pans itself while this tool is chosen.

/** @type {import('./tool.mjs').Tool} */
export const hand = {name: 'hand', words: ['words.hand'], options: [], ring: false, cursor: 'grab', begin: () => null};
