// The bench: what tools work with. Which brush they paint, whether they may, and the steps that they make.

/** @import {Model} from './model.mjs' */
/** @import {Surface} from './surface.mjs' */
/** @import {Point, Say, Selection, Settings} from './types.d.ts' */

/** @typedef {{say: Say, settings: Settings, selection: Selection, model: Model, surface: () => Surface, tell: (text: string) => void, announce: (text: string) => void}} Parts */

export class Bench {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.settings = parts.settings;
    this.model = parts.model;
    /** @type {string | null} the brush that the stroke in use has made */
    this.made = null;
    /** @type {string | null} the brush that has just got its words, until something is painted */
    this.named = null;
  }

  get surface() {
    return this.parts.surface();
  }

  get view() {
    return this.surface.view;
  }

  active() {
    return this.parts.selection.get();
  }

  /** @param {string} id */
  select(id) {
    this.parts.selection.set(id);
    const brush = this.model.brush(id);
    if (brush) this.announce('brush.selected', {number: brush.number, name: brush.name});
  }

  /** @param {number} number from the lowest */
  selectNumber(number) {
    const brush = this.model.brushes().find((each) => each.number === number);
    if (brush) this.select(brush.id);
  }

  /** Whether a shape from here is the next brush's: beside the active one, just named. @param {Point} point */
  goesOn(point) {
    const id = this.active();
    return this.settings.values.target === 'mask' && id !== null && id === this.named && !this.model.covers(id, point);
  }

  /** What a stroke would be drawn with: the brush's colour, or the colour layer's. @param {boolean} [next] whether it makes the next brush */
  paintColour(next = false) {
    const {target, colour} = this.settings.values;
    return target === 'colour' ? colour : ((next ? null : this.model.brush(this.active()))?.colour ?? this.model.nextColour());
  }

  /** Whether the active brush may be painted on; says why not. @param {boolean} erase erasing needs a brush, painting makes one */
  mayWork(erase) {
    if (this.settings.values.target === 'colour') return true;
    const brush = this.model.brush(this.active());
    if (!brush && !erase) return true;
    if (!brush) this.tell('tell.noBrush');
    else if (brush.locked) this.tell('tell.locked', {name: brush.name || brush.number});
    else if (brush.hidden) this.tell('tell.hidden', {name: brush.name || brush.number});
    return brush !== null && !brush.locked && !brush.hidden;
  }

  /** Begin a step of the history on what is painted; with no active brush it makes one. @param {string} label @param {boolean} erase @param {boolean} [next] whether it makes one in any case */
  beginWork(label, erase, next = false) {
    if (!this.mayWork(erase)) return null;
    this.named = null;
    const {target, colour} = this.settings.values;
    const text = this.parts.say(label);
    if (target === 'colour') return this.model.begin('colour', text, colour);
    const known = next ? null : this.model.brush(this.active());
    const id = known?.id ?? this.model.addBrush();
    if (!known) {
      this.made = id;
      this.parts.selection.set(id);
    }
    return this.model.begin(id, text, colour);
  }

  /** @param {'clear' | 'invert'} how */
  changeMask(how) {
    const id = this.active();
    if (id !== null && this.mayWork(true)) this.model[how](id);
  }

  /** @param {string} key @param {Record<string, string | number>} [values] */
  tell(key, values) {
    this.parts.tell(this.parts.say(key, values));
  }

  /** Say to screen readers. @param {string} key @param {Record<string, string | number>} [values] */
  announce(key, values) {
    this.parts.announce(this.parts.say(key, values));
  }

  /** @param {Point} place */
  announcePlace(place) {
    const brush = this.model.brush(this.model.pick(place));
    this.announce(brush ? 'caret.over' : 'caret.at', {x: Math.round(place.x), y: Math.round(place.y), number: brush?.number ?? 0, name: brush?.name ?? ''});
  }
}

/** A selection for a page that has none of its own. @returns {Selection} */
export function createSelection() {
  /** @type {string | null} */
  let active = null;
  /** @type {Set<() => void>} */
  const listeners = new Set();
  return {
    get: () => active,
    set(id) {
      if (id === active) return;
      active = id;
      for (const listener of listeners) listener();
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
