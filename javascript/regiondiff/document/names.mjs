// What a brush is called where it has no name of its own: the first words of its prompt. Pure.

const MOST_WORDS = 3;
const FIRST = /^(?:a|an|the)\s+/i;
const LAST = /\s(?:a|an|and|at|beside|by|from|in|near|of|on|over|the|to|under|with)$/i;

/** A brush's name, or the first words of its prompt, or ''. @param {{name?: string, prompt?: string}} brush @returns {string} */
export function nameBrush({name, prompt = ''}) {
  return name || firstWords(prompt);
}

/** @param {string} prompt */
function firstWords(prompt) {
  const phrase = prompt.trim().split(/[,.;:]\s/)[0].replace(FIRST, '');
  let words = phrase.split(/\s+/).slice(0, MOST_WORDS).join(' ').replace(/[,.;:]+$/, '');
  while (LAST.test(words)) words = words.replace(LAST, '');
  return words;
}
