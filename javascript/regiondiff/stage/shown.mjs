// What is seen: how opaque fills are in each pane, whether outlines show, how much room bars take.

/** @import {Stage} from './stage.mjs' */
/** @import {Box, Pane, View} from './types.d.ts' */

const WHILE_PAINTING = 0.65; // at least so opaque are fills over a picture while something is painted
const EDGE = 14; // CSS pixels around a canvas that is fitted

/** Whether a picture lies under the fills: the last result, or what is under the brushes. @param {Stage} stage */
function overPicture({model, settings}) {
  const {view, target} = settings.values;
  return target === 'colour' || model.hasUnder() || (view !== 'split' && model.picture !== null);
}

/** The setting that the masks slider moves. @param {Stage} stage @returns {'masks' | 'plainMasks'} */
export function masksKey(stage) {
  return overPicture(stage) ? 'masks' : 'plainMasks';
}

/** @param {Stage} stage @returns {Omit<Pane, 'box'>[]} */
export function panesOf(stage) {
  const {settings, gestures} = stage;
  const {view, target} = settings.values;
  const set = settings.values[masksKey(stage)];
  const painted = gestures.paints() && target === 'mask' ? Math.max(set, WHILE_PAINTING) : set;
  if (view === 'picture') return [{fills: gestures.paints() ? WHILE_PAINTING : 0, picture: true}];
  if (view === 'split') return [{fills: painted, picture: false}, {fills: 0, picture: true}];
  return [{fills: painted, picture: target === 'mask'}];
}

/** @param {Stage} stage */
export function outlinesShow({settings}) {
  return settings.values.view !== 'picture';
}

/** The strip of the empty page goes when there is anything to see. @param {Stage} stage */
export function showStrip({parts, model}) {
  const {brushes} = model.editor.document.palette;
  parts.strip.hidden = brushes.length > 0 || model.picture !== null || model.under.background !== null || (model.editor.document.colour?.tiles.size ?? 0) > 0;
}

/** Room that the bars over the surface take; bars beside it take none. @param {Stage} stage @returns {Box} */
export function marginsOf({options, tools, parts}) {
  const surface = parts.surface.getBoundingClientRect();
  const [bar, box] = [options, tools].map((each) => each.getBoundingClientRect());
  const upright = box.height > box.width;
  const below = box.top - surface.top > surface.height / 2;
  const over = (/** @type {number} */ room) => Math.max(0, room) + EDGE;
  return {
    left: over(upright ? box.right - surface.left : 0),
    top: over(bar.bottom - surface.top),
    right: EDGE,
    bottom: over(!upright && below ? surface.bottom - box.top : 0),
  };
}

/** What tools show of themselves. @param {Stage} stage @param {CanvasRenderingContext2D} context @param {View} view */
export function drawTool({gestures, workshop, caret, bench, settings}, context, view) {
  const gesture = gestures.gesture;
  if (gesture?.draw) gesture.draw(context, view);
  else workshop.ready.get(settings.values.tool)?.drawIdle?.(bench, context, view);
  caret?.draw(context, view);
}
