// The one store of a document: its present state, one history for all that changes, and who is told of it. Pure.

import {pickColour} from './colours.mjs';
import {OpenTiles} from './packing.mjs';
import {clone, diff, emptyState, same, share} from './state.mjs';
import {PaintSession} from './session.mjs';

/** @import {Box, Brush, Change, ColourLayer, Mask, Mover, Palette, Point, Size, State, Step} from './types.d.ts' */

export class Editor {
  /** @param {State} [state] */
  constructor(state = emptyState()) {
    /** @type {State} what is shown; during a session more than the last step has */
    this.state = state;
    /** @type {Step[]} */
    this.steps = [{state, label: '', merge: null}];
    this.at = 0;
    this.open = new OpenTiles();
    /** @type {Set<(change: Change) => void>} */
    this.listeners = new Set();
    /** @type {string | null} a brush that was made for a stroke that has not ended */
    this.joined = null;
    /** @type {PaintSession | null} */
    this.session = null;
  }

  get document() {
    return this.state;
  }

  /** @returns {Size} */
  get size() {
    return this.state.palette.size;
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.steps.length - 1;
  }

  /** What undo and redo would take back and bring again. */
  get labels() {
    return {undo: this.steps[this.at].label, redo: this.steps[this.at + 1]?.label ?? ''};
  }

  /** @param {(change: Change) => void} listener @returns {() => void} ends it */
  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @param {Change} change */
  tell(change) {
    for (const listener of [...this.listeners]) listener(change);
  }

  undo() {
    this.session?.cancel();
    if (this.canUndo) this.goTo(this.at - 1);
  }

  redo() {
    this.session?.cancel();
    if (this.canRedo) this.goTo(this.at + 1);
  }

  /** @param {number} at */
  goTo(at) {
    this.at = at;
    this.joined = null;
    this.seal();
    this.become(this.steps[at].state);
  }

  /** End a row of changes that would be one step. */
  seal() {
    this.steps[this.at].merge = null;
  }

  /** @param {State} state */
  become(state) {
    const change = diff(this.state, state);
    this.state = state;
    if (change) this.tell(change);
    return change !== null;
  }

  /** Make a step. @param {State} state @param {string} label @param {string | null} [merge] steps in a row with the same one are one */
  step(state, label, merge = null) {
    this.session?.commit(); // something else was done while a stroke went on: it ends as it is, a step of its own
    if (same(state, this.steps[this.at].state)) {
      this.become(this.steps[this.at].state);
      return;
    }
    const last = this.steps[this.at];
    const joins = merge !== null && last.merge === merge && this.at > 0;
    this.steps.length = joins ? this.at : this.at + 1;
    this.steps.push({state, label, merge});
    this.at = this.steps.length - 1;
    this.shortened = this.shorten();
    if (!this.become(state)) this.tell({}); // what was painted shows already, but it can be undone now
  }

  /** Have no more history than a page can spare. */
  async shorten() {
    const {shorten} = await import('./history.mjs');
    this.at -= shorten(this.steps, this.at);
  }

  /** Change the palette. @param {string} label @param {(palette: Palette) => void} recipe changes a copy @param {{merge?: string}} [how] */
  change(label, recipe, {merge} = {}) {
    const palette = clone(this.state.palette);
    recipe(palette);
    this.step({...this.state, palette: share(palette, this.state.palette)}, label, merge ?? null);
  }

  /** Begin with another document: there is nothing to undo. @param {State} state */
  restart(state) {
    this.session?.cancel();
    this.steps = [{state, label: '', merge: null}];
    this.at = 0;
    this.joined = null;
    if (!this.become(state)) this.tell({});
  }

  /** Another document, as one step. @param {State} state @param {string} label */
  replace(state, label) {
    this.step(state, label);
  }

  // masks

  /** @param {string} id @param {number} tile @returns {Uint8Array | undefined} */
  tileOf(id, tile) {
    const kept = this.state.masks.get(id)?.tiles.get(tile);
    return kept && this.open.get(kept);
  }

  /** Begin to paint on a brush's mask, or on `colour`. @param {string} target @param {string} [label] */
  stroke(target, label = 'stroke') {
    this.session?.cancel();
    this.session = new PaintSession(this, target, label);
    return this.session;
  }

  /** @param {State} state @param {Box[]} boxes @param {string} target */
  show(state, boxes, target) {
    this.state = state;
    this.tell(target === 'colour' ? {colour: boxes} : {masks: new Map([[target, boxes]])});
  }

  /** @param {string} label @param {string} target */
  push(label, target) {
    this.session = null;
    const joins = this.joined === target;
    this.joined = null;
    if (joins) this.steps[this.at].merge = target;
    this.step(this.state, joins ? this.steps[this.at].label : label, joins ? target : null);
    this.seal();
  }

  /** @param {string} target */
  revert(target) {
    this.session = null;
    this.become(this.steps[this.at].state);
    if (this.joined !== target) return;
    this.joined = null;
    this.goTo(this.at - 1);
    this.steps.length = this.at + 1;
  }

  /** @param {string} id @param {Mask} mask @param {string} label @param {string} [merge] */
  setMask(id, mask, label, merge) {
    this.step({...this.state, masks: new Map(this.state.masks).set(id, mask)}, label, merge ?? null);
  }

  /** @param {string} id @returns {Mask} */
  maskOf(id) {
    return this.state.masks.get(id) ?? {shape: null, tiles: new Map()};
  }

  /** Put a mask from one box into another. @param {string} id @param {Box} from @param {Box} to @param {Mover} move as resample.mjs has it @param {string} [merge] */
  transform(id, from, to, move, merge) {
    this.setMask(id, move(this.maskOf(id), from, to, this.size), 'move', merge && `move ${id} ${merge}`);
  }

  /** @param {string} id */
  clear(id) {
    this.setMask(id, {shape: null, tiles: new Map()}, 'clear');
  }

  /** @param {string} id */
  async invert(id) {
    const {invertTiles} = await import('./rasters.mjs');
    this.setMask(id, {shape: null, tiles: invertTiles(this.maskOf(id).tiles, this.size)}, 'invert');
  }

  /** @param {ColourLayer} colour @param {string} label */
  setColourLayer(colour, label) {
    this.step({...this.state, colour}, label);
  }

  /** The canvas in another size: masks keep their share of it, or their size and lie at a place. @param {Size} size @param {Point} [place] of the old upper left corner */
  async resize(size, place) {
    const {resizeCanvas} = await import('./resizing.mjs');
    this.session?.commit();
    this.step(resizeCanvas(this.state, size, place), 'size');
  }

  // brushes

  nextColour() {
    return pickColour(this.state.palette.brushes.map(({colour}) => colour));
  }

  /** A brush on top; with the stroke that follows it is one step. @param {Partial<Brush>} [fields] @returns {string} its id */
  addBrush(fields = {}) {
    const id = this.nextId();
    this.change('brush', (palette) => palette.brushes.push({name: '', prompt: '', colour: this.nextColour(), ...fields, id}));
    this.joined = id;
    return id;
  }

  nextId() {
    const taken = new Set(this.state.palette.brushes.map(({id}) => id));
    let number = taken.size + 1;
    while (taken.has(`b${number}`)) number += 1;
    return `b${number}`;
  }

  /** @param {string} id */
  removeBrush(id) {
    const palette = {...this.state.palette, brushes: this.state.palette.brushes.filter((brush) => brush.id !== id)};
    const masks = new Map(this.state.masks);
    masks.delete(id);
    this.step({...this.state, palette, masks}, 'remove');
  }

  /** @param {string} id @returns {string | null} the copy's id */
  duplicateBrush(id) {
    const index = this.state.palette.brushes.findIndex((brush) => brush.id === id);
    if (index < 0) return null;
    const copy = this.nextId();
    const palette = clone(this.state.palette);
    palette.brushes.splice(index + 1, 0, {...clone(palette.brushes[index]), id: copy, colour: this.nextColour()});
    this.step({...this.state, palette, masks: new Map(this.state.masks).set(copy, this.maskOf(id))}, 'duplicate');
    return copy;
  }

  /** @param {string} id @param {number} index its new place, 0 is the lowest */
  moveBrush(id, index) {
    this.change('order', (palette) => {
      const from = palette.brushes.findIndex((brush) => brush.id === id);
      if (from >= 0) palette.brushes.splice(index, 0, ...palette.brushes.splice(from, 1));
    });
  }

  /** Give a brush's mask to the one below it, which keeps its words. @param {string} id */
  async mergeDown(id) {
    const {mergeDown} = await import('./rasters.mjs');
    this.step(mergeDown(this.state, id), 'merge');
  }
}
