// Tools by their names, in the order of the column; and what a tool is.

import {ellipse, rectangle} from './box.mjs';
import {fill} from './fill.mjs';
import {hand} from './hand.mjs';
import {lasso} from './lasso.mjs';
import {move} from './move.mjs';
import {brush, eraser} from './paint.mjs';

/** @typedef {import('../input/pointer.mjs').Modifiers} Modifiers */
/** @typedef {import('../bench.mjs').Bench} Bench */
/** @typedef {{x: number, y: number, pressure: number}} StrokePoint on the canvas */
/** @typedef {{modifiers: Modifiers, eraser: boolean, pen: boolean, coarse: boolean}} Start the modifiers, which end of the pen, which pointer */
/**
 * One use of a tool, from press to release; it may go on over several presses.
 * @typedef {object} Gesture
 * @property {boolean} paints whether fills show while it goes on
 * @property {(points: readonly StrokePoint[], modifiers: Modifiers) => void} drag
 * @property {(point: StrokePoint, modifiers: Modifiers) => boolean} release whether the gesture is over
 * @property {() => void} cancel
 * @property {(point: StrokePoint, start: Start) => void} [press] a further press
 * @property {(modifiers: Modifiers) => void} [modify]
 * @property {(point: StrokePoint) => void} [hover]
 * @property {() => boolean} [finish] by Enter; whether it did
 * @property {() => void} [back] by Backspace
 * @property {(context: CanvasRenderingContext2D, view: import('../viewport.mjs').View) => void} [draw] what it shows, in CSS pixels of the pane
 */
/** @typedef {'target' | 'operation' | 'size' | 'hardness' | 'opacity' | 'smoothing' | 'pressure'} OptionName */
/**
 * @typedef {object} Tool
 * @property {import('../settings.mjs').ToolName} name
 * @property {readonly string[]} words keys of the strings that say what modifiers do
 * @property {readonly OptionName[]} options
 * @property {boolean} ring whether the pointer is a ring of the brush's size
 * @property {string} cursor
 * @property {(bench: Bench, point: StrokePoint, start: Start) => Gesture | null} begin
 */

/** @type {Readonly<Record<import('../settings.mjs').ToolName, Tool>>} */
export const TOOLS = {brush, rectangle, eraser, ellipse, lasso, fill, move, hand};

/** How many of them come first, with words. */
export const FIRST = 3;
