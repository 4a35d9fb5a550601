// From the pointer engine to the tools: places on the canvas, the gesture in use, the ring, picking and panning.

import {handleAt} from '../tools/move.mjs';
import {TOOLS} from '../tools/tool.mjs';
import {pan, pinch} from '../viewport.mjs';

/** @typedef {import('./pointer.mjs').Sample} Sample */
/** @typedef {import('./pointer.mjs').Modifiers} Modifiers */
/** @typedef {import('./pointer.mjs').Handler} Handler */
/** @typedef {import('../viewport.mjs').Point} Point */
/** @typedef {import('../tools/tool.mjs').Gesture} Gesture */
/** @typedef {import('../stage.mjs').Stage} Stage */

/** @type {Readonly<Record<string, string>>} */
const HANDLE_CURSORS = {nw: 'nwse-resize', se: 'nwse-resize', ne: 'nesw-resize', sw: 'nesw-resize', n: 'ns-resize', s: 'ns-resize', e: 'ew-resize', w: 'ew-resize'};

/** @implements {Handler} */
export class Gestures {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Gesture | null} the gesture in use; a polygon stays in use between presses */
    this.gesture = null;
    this.pressed = false;
    this.space = false;
  }

  tool() {
    return TOOLS[this.stage.settings.values.tool];
  }

  /** Whether fills are to show because something is being painted. */
  paints() {
    return this.gesture?.paints === true && this.pressed;
  }

  /** @param {Sample} sample */
  point(sample) {
    return {...this.stage.surface.toCanvas(sample), pressure: sample.pressure};
  }

  /** @param {Sample} sample @param {Modifiers} modifiers */
  press(sample, modifiers) {
    const point = this.point(sample);
    const start = {modifiers, eraser: sample.eraser, pen: sample.pen, coarse: sample.coarse};
    this.showRing(sample);
    if (this.gesture?.press) this.gesture.press(point, start);
    else this.gesture = (sample.eraser ? TOOLS.eraser : this.tool()).begin(this.stage.bench, point, start);
    this.pressed = this.gesture !== null;
    this.stage.gestureChanged();
    return this.pressed;
  }

  /** @param {Sample[]} samples @param {Modifiers} modifiers */
  drag(samples, modifiers) {
    this.gesture?.drag(samples.map((sample) => this.point(sample)), modifiers);
    this.at(samples[samples.length - 1]);
    this.stage.surface.want('tool');
  }

  /** @param {Sample} sample @param {Modifiers} modifiers */
  release(sample, modifiers) {
    const over = this.gesture?.release(this.point(sample), modifiers) ?? true;
    this.pressed = false;
    if (over) this.end();
    else this.stage.gestureChanged();
  }

  end() {
    this.gesture = null;
    this.pressed = false;
    this.stage.gestureEnded();
  }

  cancel() {
    if (!this.gesture) return false;
    this.gesture.cancel();
    this.gesture = null;
    this.pressed = false;
    this.stage.gestureCancelled();
    return true;
  }

  /** Enter: finish what is in use. @returns {boolean} whether it did */
  finish() {
    if (!this.gesture?.finish?.()) return false;
    this.end();
    return true;
  }

  /** @param {Sample | null} sample */
  hover(sample) {
    if (!sample) {
      this.showRing(null);
      this.stage.showPointer(null);
      return;
    }
    this.at(sample);
    if (!this.gesture?.hover) return;
    this.gesture.hover(this.point(sample));
    this.stage.surface.want('tool');
  }

  /** @param {Sample} sample */
  at(sample) {
    const point = this.point(sample);
    this.showRing(sample);
    this.stage.showPointer(point);
    if (!this.pressed) this.showCursor(point);
  }

  /** @param {Modifiers} modifiers */
  modify(modifiers) {
    this.gesture?.modify?.(modifiers);
    this.stage.surface.want('tool');
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.stage.surface.setView(pan(this.stage.view, dx, dy));
  }

  /** @param {[Point, Point]} before @param {[Point, Point]} after */
  pinch(before, after) {
    const {surface} = this.stage;
    const inPane = (/** @type {[Point, Point]} */ [a, b]) => /** @type {[Point, Point]} */ ([surface.toPane(a), surface.toPane(b)]);
    surface.setView(pinch(surface.view, inPane(before), inPane(after)));
  }

  /** @param {Sample} sample */
  pick(sample) {
    const id = this.stage.model.pick(this.point(sample));
    if (id !== null) this.stage.bench.select(id);
  }

  /** @param {boolean} space */
  hold(space) {
    this.space = space;
    this.showCursor(null);
  }

  pans() {
    return this.stage.settings.values.tool === 'hand';
  }

  /** The ring at the brush's size around the pointer; a pen's eraser end has it too. @param {Sample | null} sample */
  showRing(sample) {
    const {ring} = this.stage.parts;
    const shown = sample !== null && !sample.coarse && !this.space && (this.tool().ring || sample.eraser);
    ring.hidden = !shown;
    if (!shown) return;
    const side = Math.max(3, this.stage.settings.values.size * this.stage.view.zoom);
    ring.style.width = ring.style.height = `${side}px`;
    ring.style.transform = `translate(${sample.x - side / 2}px, ${sample.y - side / 2}px)`;
  }

  /** @param {Point | null} point */
  showCursor(point) {
    const {surface} = this.stage.parts;
    const tool = this.tool();
    const handle = point && tool.name === 'move' ? handleAt(this.stage.bench, point, false) : null;
    const small = tool.ring && this.stage.settings.values.size * this.stage.view.zoom < 7;
    const cursor = this.space ? 'grab' : handle ? HANDLE_CURSORS[handle] : tool.ring && !small ? 'none' : tool.cursor;
    if (surface.style.cursor !== cursor) surface.style.cursor = cursor;
  }
}
