// The caret: the pointer of those who paint by the keyboard. Arrows move it, Enter presses and lets go.

import {clamp, toPane} from '../viewport.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {Point, StrokePoint, View} from '../types.d.ts' */

/** @type {Readonly<Record<string, readonly [number, number]>>} */
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const NONE = {shift: false, alt: false, ctrl: false};
const PLAIN = {pressure: 1, pen: false, eraser: false, coarse: false, time: 0};

/** Keys that the caret takes while the surface has the focus. */
export class Caret {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Point | null} on the canvas; null until a key has begun */
    this.place = null;
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key was the caret's */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const arrow = ARROWS[event.key];
    if (arrow) return this.arrow(arrow, event.shiftKey);
    if (event.key === 'Enter') return this.enter();
    if (event.key === 'Backspace' && this.stage.gestures.gesture?.back) {
      this.stage.gestures.gesture.back();
      this.stage.surface.want('tool');
      return true;
    }
    return event.key === 'Escape' && this.escape();
  }

  /** Far is a sixteenth of the canvas; near is eight screen pixels or, with Move, a pixel. @param {readonly [number, number]} way @param {boolean} far */
  arrow([dx, dy], far) {
    const {stage} = this;
    const {width, height} = stage.model.size;
    if (stage.settings.values.tool === 'move') {
      stage.workshop.load('move').then((move) => move?.nudge?.(stage.bench, {x: dx * (far ? 10 : 1), y: dy * (far ? 10 : 1)}));
      return true;
    }
    if (stage.settings.values.tool === 'hand') {
      stage.gestures.pan(-dx * (far ? 160 : 40), -dy * (far ? 160 : 40));
      return true;
    }
    const step = far ? Math.max(width, height) / 16 : Math.max(1, 8 / stage.view.zoom);
    if (!this.place) return this.begin();
    this.moveTo({x: clamp(Math.round(this.place.x + dx * step), 0, width), y: clamp(Math.round(this.place.y + dy * step), 0, height)});
    return true;
  }

  /** Show the caret in the middle of the canvas. */
  begin() {
    const {width, height} = this.stage.model.size;
    this.moveTo({x: width / 2, y: height / 2});
    return true;
  }

  /** @param {Point} place */
  moveTo(place) {
    this.place = place;
    const {gestures} = this.stage;
    if (gestures.pressed) gestures.gesture?.drag([{...place, pressure: 1}], NONE);
    else gestures.gesture?.hover?.({...place, pressure: 1});
    this.stage.showPointer(place);
    this.stage.bench.announcePlace(place);
    this.stage.surface.want('tool');
  }

  /** Press at the caret; once more lets go. Click tools are pressed and let go at once. */
  enter() {
    const {gestures, settings} = this.stage;
    if (!this.place) return gestures.finish() || this.begin();
    const point = {...this.place, pressure: 1};
    if (gestures.pressed) gestures.release({...toPane(this.stage.view, point), ...PLAIN}, NONE);
    else if (settings.values.tool === 'lasso' || settings.values.tool === 'fill' || settings.values.tool === 'move') this.click(point);
    else if (gestures.press({...toPane(this.stage.view, point), ...PLAIN}, NONE)) this.stage.bench.announce('caret.begun');
    return true;
  }

  /** @param {StrokePoint} point */
  click(point) {
    const sample = {...toPane(this.stage.view, point), ...PLAIN};
    if (this.stage.gestures.press(sample, NONE)) this.stage.gestures.release(sample, NONE);
  }

  escape() {
    const cancelled = this.stage.cancel();
    const had = this.place !== null;
    if (!cancelled) this.place = null;
    this.stage.surface.want('tool');
    return cancelled || had;
  }

  /** A cross where the caret is. @param {CanvasRenderingContext2D} context @param {View} view */
  draw(context, view) {
    if (!this.place) return;
    const [x, y] = [view.x + this.place.x * view.zoom, view.y + this.place.y * view.zoom];
    for (const [width, colour] of /** @type {[number, string][]} */ ([[4, '#000'], [2, '#fff']])) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 4 * dx, y + 4 * dy);
        context.lineTo(x + 13 * dx, y + 13 * dy);
      }
      context.stroke();
    }
  }
}
