// Rectangle and ellipse: a drag is a shape on the active brush's mask, or a patch of the colour layer.

import {boxShape, dragBox, wholeBox} from '../geometry/boxes.mjs';
import {boxToPane} from '../viewport.mjs';
import {strokeTwice} from '../drawing/twice.mjs';
import {follow} from './following.mjs';

/** @import {Bench} from '../bench.mjs' */
/** @import {Box, Gesture, Modifiers, Size, Start, StrokePoint, ToolName} from '../types.d.ts' */

const LEAST = 3; // CSS pixels: a shorter drag is a click, and draws nothing

/** @param {Bench} bench @param {StrokePoint} point @param {Start} start @param {ToolName} name @returns {Gesture | null} */
export function begin(bench, point, {modifiers}, name) {
  const erase = modifiers.ctrl || bench.settings.values.operation === 'subtract';
  return bench.mayWork(erase) ? dragShape(bench, name === 'ellipse' ? 'ellipse' : 'rectangle', point, modifiers) : null;
}

/** @param {Bench} bench @param {'rectangle' | 'ellipse'} kind @param {StrokePoint} first @param {Modifiers} modifiers @returns {Gesture} */
function dragShape(bench, kind, first, modifiers) {
  const now = follow(first, modifiers);
  const box = () => dragBox(first, now.last, {square: now.ways.shift, centre: now.ways.alt});
  const goesOn = bench.goesOn(first);
  const erases = () => now.ways.ctrl || bench.settings.values.operation === 'subtract';
  return {
    paints: false,
    drag: now.drag,
    modify: now.modify,
    release(_, modifiers) {
      const {last} = now;
      now.modify(modifiers);
      if ((Math.abs(last.x - first.x) + Math.abs(last.y - first.y)) * bench.view.zoom < LEAST) return true;
      drawShape(bench, kind, box(), {erase: erases(), next: goesOn && !erases()});
      return true;
    },
    cancel() {},
    draw: (context, view) => drawPreview(context, kind, boxToPane(view, box()), erases() ? null : bench.paintColour(goesOn)),
  };
}

/** @param {Bench} bench @param {'rectangle' | 'ellipse'} kind @param {Box} box @param {{erase: boolean, next: boolean}} how */
function drawShape(bench, kind, box, {erase, next}) {
  const {size} = bench.model;
  const whole = wholeBox(box, size);
  const work = whole && bench.beginWork(erase ? 'history.subtract' : `history.${kind}`, erase, next);
  if (!whole || !work) return;
  work.shape(boxShape(kind, kind === 'ellipse' ? clampEllipse(box, size) : whole, size), erase);
  work.commit();
}

/** Shapes may reach one canvas beyond it, on each side. @param {Box} box @param {Size} size @returns {Box} */
function clampEllipse(box, size) {
  const left = Math.max(-size.width, Math.round(box.left));
  const top = Math.max(-size.height, Math.round(box.top));
  return {left, top, right: Math.max(left + 1, Math.min(2 * size.width, Math.round(box.right))), bottom: Math.max(top + 1, Math.min(2 * size.height, Math.round(box.bottom)))};
}

/** @param {CanvasRenderingContext2D} context @param {'rectangle' | 'ellipse'} kind @param {Box} box in the pane @param {string | null} colour null where it subtracts */
function drawPreview(context, kind, box, colour) {
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  context.beginPath();
  if (kind === 'rectangle') context.rect(box.left, box.top, width, height);
  else context.ellipse(box.left + width / 2, box.top + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI);
  if (colour) {
    context.globalAlpha = 0.75;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  }
  strokeTwice(context, () => context.stroke(), [5, 5]);
}
