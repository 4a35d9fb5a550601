// Icons of the bar: Lucide 1.62.0 (ISC licence, Copyright (c) Lucide Icons and Contributors), as inline SVG.

import {drawIcon} from '../stage/bars/icons.mjs';

/** @type {Readonly<Record<string, string>>} what is inside of an svg of 24 by 24 */
const SHAPES = {
  undo: '<path d="M9 14 4 9l5-5"/><path d="M4 9h10.5a5.5 5.5 0 0 1 5.5 5.5a5.5 5.5 0 0 1-5.5 5.5H11"/>',
  redo: '<path d="m15 14 5-5-5-5"/><path d="M20 9H9.5A5.5 5.5 0 0 0 4 14.5A5.5 5.5 0 0 0 9.5 20H13"/>',
  down: '<path d="m6 9 6 6 6-6"/>',
  link: '<path d="M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71"/><path d="M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71"/>',
  panels: '<rect width="18" height="18" x="3" y="3" rx="2"/><path d="M9 3v18"/><path d="M15 3v18"/>',
};

/** An icon as an element that takes the text's colour. @param {Document} page @param {string} name @returns {SVGElement} */
export function makeIcon(page, name) {
  return drawIcon(page, SHAPES[name]);
}
