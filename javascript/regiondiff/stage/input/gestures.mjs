// From the pointer engine to the tools: places on the canvas, the gesture in use, the ring, picking and panning.

import {TOOLS} from '../tools/tool.mjs';
import {pan, pinch} from '../viewport.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {Gesture, Handler, Modifiers, Point, Sample, StrokePoint} from '../types.d.ts' */

/** @implements {Handler} */
export class Gestures {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Gesture | null} the gesture in use; a polygon stays in use between presses */
    this.gesture = null;
    this.pressed = false;
    this.space = false;
    /** @type {StrokePoint[]} where the pointer was since the last frame */
    this.waiting = [];
    /** @type {{sample: Sample, modifiers: Modifiers} | null} the last of them */
    this.latest = null;
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
    this.flush();
    const point = this.point(sample);
    const start = {modifiers, eraser: sample.eraser, pen: sample.pen, coarse: sample.coarse};
    this.showRing(sample);
    if (this.gesture?.press) this.gesture.press(point, start);
    else this.gesture = this.stage.workshop.begin(sample.eraser ? 'eraser' : this.stage.settings.values.tool, this.stage.bench, point, start);
    this.pressed = this.gesture !== null;
    this.stage.gestureChanged();
    return this.pressed;
  }

  /** Note where the pointer is; the next frame draws it. @param {Sample[]} samples @param {Modifiers} modifiers */
  drag(samples, modifiers) {
    for (const sample of samples) this.waiting.push(this.point(sample));
    this.latest = {sample: samples[samples.length - 1], modifiers};
    this.stage.surface.want('tool');
  }

  /** Let the gesture have what the pointer has told since the last frame. */
  flush() {
    const {waiting, latest} = this;
    if (!latest) return;
    this.waiting = [];
    this.latest = null;
    this.gesture?.drag(waiting, latest.modifiers);
    this.at(latest.sample);
  }

  /** @param {Sample} sample @param {Modifiers} modifiers */
  release(sample, modifiers) {
    this.flush();
    const over = this.gesture?.release(this.point(sample), modifiers) ?? true;
    this.pressed = false;
    if (over) this.end();
    else this.stage.gestureChanged();
  }

  /** A tool has come for which a gesture waited; null where it is over. @param {Gesture} waiting @param {Gesture | null} real */
  adopt(waiting, real) {
    if (this.gesture !== waiting) return;
    this.gesture = real;
    if (!real) this.end();
    else this.stage.gestureChanged();
  }

  end() {
    this.gesture = null;
    this.pressed = false;
    this.stage.gestureEnded();
  }

  /** @param {boolean} [press] only what the last press began, where more came before it */
  cancel(press = false) {
    this.waiting = [];
    this.latest = null;
    if (!this.gesture) return false;
    if (press && this.gesture.unpress?.()) {
      this.pressed = false;
      this.stage.gestureChanged();
      return true;
    }
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
    this.flush();
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
    if (ring.dataset.side !== String(side)) ring.style.width = ring.style.height = `${(ring.dataset.side = String(side))}px`;
    ring.style.transform = `translate(${sample.x - side / 2}px, ${sample.y - side / 2}px)`;
  }

  /** @param {Point | null} point */
  showCursor(point) {
    const {surface} = this.stage.parts;
    const tool = this.tool();
    const found = point && this.stage.workshop.ready.get(this.stage.settings.values.tool)?.cursorAt?.(this.stage.bench, point);
    const small = tool.ring && this.stage.settings.values.size * this.stage.view.zoom < 7;
    const cursor = this.space ? 'grab' : found ? found : tool.ring && !small ? 'none' : tool.cursor;
    if (surface.style.cursor !== cursor) surface.style.cursor = cursor;
  }
}
