// The painting surface: `mountStage` puts it into an element; what it paints it paints through the Editor.

import {makeActions} from './actions.mjs';
import {Bench, createSelection} from './bench.mjs';
import {make} from './bars/dom.mjs';
import {listenFiles} from './input/files.mjs';
import {Gestures} from './input/gestures.mjs';
import {listenKeys} from './input/key_presses.mjs';
import {COMMANDS} from './input/keys.mjs';
import {makeParts} from './bars/layout.mjs';
import {listenWheel} from './input/wheel.mjs';
import {Model} from './model.mjs';
import {makeOptions} from './bars/options.mjs';
import {PointerEngine} from './input/pointer.mjs';
import {createSettings} from './settings.mjs';
import {drawTool, marginsOf, outlinesShow, panesOf, showStrip} from './shown.mjs';
import {Surface} from './surface.mjs';
import {makeToolbox} from './bars/toolbox.mjs';
import {TOOLS, Workshop} from './tools/tool.mjs';

/** @import {Change, EditorPort, Point, Say, Services, ToolName, Values, Zone} from './types.d.ts' */

export {COMMANDS};

const SETTLED = 120; // milliseconds without change after which labels find their places and edges turn soft
const NOTICE_TIME = 5000;

/** @param {HTMLElement} root @param {EditorPort} editor @param {Services} services @returns {Stage} */
export function mountStage(root, editor, services) {
  return new Stage(root, editor, services);
}

export class Stage {
  /** @param {HTMLElement} root @param {EditorPort} editor @param {Services} services */
  constructor(root, editor, services) {
    this.root = root;
    this.page = root.ownerDocument;
    this.services = services;
    this.say = services.say;
    this.stopper = new AbortController();
    this.signal = this.stopper.signal;
    this.settings = createSettings(services.settings);
    this.selection = services.selection ?? createSelection();
    this.model = new Model(editor, services, this.page);
    /** @type {Map<string, Set<() => void>>} */
    this.listeners = new Map();
    this.noticeTimer = 0;
    this.look = ''; // of the brushes, as fills and outlines were drawn
    this.settleTimer = 0;
    this.bench = new Bench({
      say: this.say,
      settings: this.settings,
      selection: this.selection,
      model: this.model,
      surface: () => this.surface,
      tell: (text) => this.tell(text),
      announce: (text) => (this.parts.live.textContent = text),
    });
    this.actions = makeActions(this);
    this.gestures = new Gestures(this);
    this.workshop = new Workshop({
      loaded: () => this.surface.want('tool'),
      failed: () => this.bench.tell('tell.notLoaded'),
      adopt: (waiting, real) => this.gestures.adopt(waiting, real),
    });
    /** @type {import('./input/caret.mjs').Caret | null} loaded with the first arrow */
    this.caret = null;
    /** @type {import('./bars/labels.mjs').LabelLayer | null} loaded with the first brush */
    this.labels = null;
    this.parts = makeParts(this);
    this.tools = makeToolbox(this);
    this.options = makeOptions(this);
    this.build();
    this.surface = new Surface(this.parts, this.makeOwner());
    this.pointer = new PointerEngine(this.parts.surface, this.gestures);
    this.listen(editor);
    this.surface.reset();
    this.refresh();
  }

  build() {
    const middle = make(this.page, 'div', {class: 'rd-stage-middle'}, this.parts.surface, this.parts.strip, this.parts.notice, this.parts.words);
    this.root.classList.add('rd-stage');
    this.root.replaceChildren(middle, this.options, this.tools, this.parts.live);
  }

  /** @param {EditorPort} editor */
  listen(editor) {
    const {surface} = this.parts;
    listenWheel(surface, () => this.surface, this.signal);
    listenKeys(this);
    listenFiles(this);
    surface.addEventListener('blur', () => (this.bench.named = null), {signal: this.signal});
    surface.addEventListener('dblclick', (event) => event.preventDefault(), {signal: this.signal});
    this.settings.on((changed) => this.settingsChanged(changed));
    const ends = [editor.on((change) => this.documentChanged(change)), this.selection.on(() => this.refresh())];
    this.signal.addEventListener('abort', () => ends.forEach((end) => end?.()));
  }

  /** What the surface asks. @returns {import('./surface.mjs').Owner} */
  makeOwner() {
    return {
      model: this.model,
      panes: () => panesOf(this),
      margins: () => marginsOf(this),
      active: () => this.selection.get(),
      drawTool: (context, view) => drawTool(this, context, view),
      moved: () => this.moved(),
      flush: () => this.gestures.flush(),
      drawing: () => this.gestures.gesture !== null,
      outlined: () => outlinesShow(this),
    };
  }

  /** Take the surface off the page. */
  destroy() {
    this.pointer.stop();
    this.stopper.abort();
    this.surface.stop();
    clearTimeout(this.settleTimer);
    clearTimeout(this.noticeTimer);
    this.root.replaceChildren();
    this.root.classList.remove('rd-stage');
  }

  /** Listen to `view` (zoom, place, panes). @param {'view'} name @param {() => void} listener @returns {() => void} */
  on(name, listener) {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  /** Run a command of COMMANDS. @param {string} id @returns {boolean} whether it is the surface's */
  run(id) {
    const action = this.actions[id];
    action?.();
    return action !== undefined;
  }

  focus() {
    this.parts.surface.focus({preventScroll: true});
  }

  /** Show a result or a preview of one; null shows none. @param {CanvasImageSource | null} picture */
  setPicture(picture) {
    this.model.picture = picture;
    this.viewChanged();
  }

  /** Show a picture under the brushes; null shows none. @param {CanvasImageSource | null} picture */
  setBackground(picture) {
    this.model.under.setBackground(picture);
    this.viewChanged();
  }

  /** Brushes were hidden, shown, locked or unlocked. */
  brushesChanged() {
    this.model.forgetBrushes();
    this.refresh();
  }

  /** Cancel what is being drawn. @returns {boolean} whether something was */
  cancel() {
    const drawing = this.pointer.cancel();
    return this.gestures.cancel() || drawing;
  }

  /** Have another tool; what is being drawn ends as it is, a polygon without its end does not. @param {ToolName} tool */
  choose(tool) {
    if (tool === this.settings.values.tool) return;
    this.pointer.lift();
    this.cancel();
    this.settings.set({tool});
  }

  get view() {
    return this.surface.view;
  }

  /** Say what is wrong, at the surface's foot. @param {string} text */
  tell(text) {
    const {notice} = this.parts;
    notice.textContent = text;
    notice.hidden = false;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => (notice.hidden = true), NOTICE_TIME);
  }

  /** @param {Point | null} place */
  showPointer(place) {
    this.services.showPointer?.(place && {x: Math.floor(place.x), y: Math.floor(place.y)});
  }

  /** @param {File[]} files @param {Zone} zone */
  takeFiles(files, zone) {
    if (files.length) this.services.takeFiles?.(files, zone);
  }

  /** @param {string} command */
  keyOf(command) {
    return this.services.keyOf?.(command) ?? COMMANDS.find(({id}) => id === command)?.keys[0] ?? '';
  }

  gestureChanged() {
    this.root.classList.toggle('rd-painting', this.gestures.pressed);
    if (this.gestures.paints()) this.surface.want('scene');
    this.surface.want('tool');
  }

  gestureEnded() {
    this.root.classList.remove('rd-painting');
    this.surface.catchUp();
    this.surface.want('all');
    this.settleLater();
    const {made} = this.bench;
    this.bench.made = null;
    if (made !== null) this.services.focusPrompt?.(made);
  }

  gestureCancelled() {
    this.root.classList.remove('rd-painting');
    this.bench.made = null;
    this.surface.catchUp();
    this.surface.want('all');
    this.bench.announce('stage.cancelled');
  }

  /** @param {Change} change */
  documentChanged(change) {
    this.model.forget(change.size ? null : [...(change.masks?.keys() ?? [])]);
    if (change.palette || change.order) this.model.forgetBrushes();
    if (change.size) this.surface.reset();
    for (const [id, boxes] of change.masks ?? []) for (const box of boxes) this.surface.touch(box, id);
    if (change.colour?.length) this.model.touchColour(change.colour);
    if (change.size || change.order || change.palette) this.refresh();
    this.surface.schedule();
    if (!this.gestures.pressed) this.settleLater();
  }

  /** @param {Partial<Values>} changed */
  settingsChanged(changed) {
    this.services.keepSettings?.(this.settings.values);
    if ('view' in changed || 'target' in changed || 'masks' in changed || 'plainMasks' in changed) this.viewChanged();
    if ('view' in changed && this.surface.fitted) this.surface.fit();
    if (!changed.tool) return;
    this.toolChanged();
    this.bench.announce(`tool.${changed.tool}`);
  }

  toolChanged() {
    this.gestures.showRing(null);
    this.gestures.showCursor(null);
    this.parts.words.textContent = TOOLS[this.settings.values.tool].words.map((word) => this.say(`words.${word}`)).join(' · ');
    this.workshop.load(this.settings.values.tool);
    this.surface.want('tool');
  }

  /** Place labels and draw soft edges when nothing changes any more. */
  settleLater() {
    clearTimeout(this.settleTimer);
    this.settleTimer = window.setTimeout(() => this.settle(), SETTLED);
  }

  async settle() {
    if (this.gestures.pressed) return;
    showStrip(this);
    this.surface.soften();
    if (!this.labels && !this.model.brushes().length) return;
    const {LabelLayer} = await import('./bars/labels.mjs');
    this.labels ??= new LabelLayer(this);
    this.labels.place();
  }

  viewChanged() {
    showStrip(this);
    const split = this.settings.values.view === 'split';
    this.parts.divider.hidden = this.parts.names.hidden = !split;
    this.surface.want('all');
    this.settleLater();
    this.moved();
  }

  moved() {
    if (!this.surface) return;
    const {width, height} = this.surface.size;
    this.parts.surface.classList.toggle('rd-stacked', width < height);
    this.labels?.move();
    for (const listener of this.listeners.get('view') ?? []) listener();
  }

  /** Brushes or the selection have changed. */
  refresh() {
    const look = this.model.look();
    if (look !== this.look) this.surface.touchAll();
    this.look = look;
    this.surface.want('all');
    this.viewChanged();
    this.toolChanged();
  }
}
