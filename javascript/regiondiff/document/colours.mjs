// Colours of brushes: after Okabe and Ito, stepped in lightness, so that neighbours differ for colour-blind eyes too. Pure.
// The same list as in lib_regiondiff/authoring/colours.py; a test compares them.

/** In the order in which brushes get them. */
export const COLOURS = [
  '#0072b2', '#d55e00', '#56b4e9', '#009e73', '#f0e442', '#cc79a7', '#e69f00', '#611545', '#ffe8f3', '#393600',
  '#a8dbff', '#00456f', '#ffd6a1', '#4191d3', '#004530', '#fedfcf', '#007454', '#3fc092', '#a25280', '#765000',
];

/** The colour of a further brush: the first one that is free, or that fewest have. @param {readonly string[]} taken */
export function pickColour(taken) {
  const counts = COLOURS.map((colour) => taken.filter((each) => each?.toLowerCase() === colour).length);
  const least = Math.min(...counts);
  const last = taken.at(-1)?.toLowerCase();
  return COLOURS.find((colour, index) => counts[index] === least && colour !== last) ?? COLOURS[0];
}
