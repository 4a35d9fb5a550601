// Colours of brushes: after Okabe and Ito, stepped in lightness, so that neighbours differ for colour-blind eyes too. Pure.

/** In the order in which brushes get them. */
export const COLOURS = ['#0a58a8', '#56b46a', '#f0e442', '#b3261e', '#56b4e9', '#8e5bd0', '#f2f0e6', '#d55e00', '#009e73', '#e69f00', '#5c3a1e', '#cc79a7'];

/** The colour of a further brush: the first one that is free, or that fewest have. @param {readonly string[]} taken */
export function pickColour(taken) {
  const counts = COLOURS.map((colour) => taken.filter((each) => each?.toLowerCase() === colour).length);
  const least = Math.min(...counts);
  const last = taken.at(-1)?.toLowerCase();
  return COLOURS.find((colour, index) => counts[index] === least && colour !== last) ?? COLOURS[0];
}
