// The surface: where the canvas is seen, in one pane or two, and what is drawn again in the next frame.

import {drawInside} from './drawing/clip.mjs';
import {Fills} from './drawing/fills.mjs';
import {drawScene} from './drawing/scene.mjs';
import {boxToPane, fit, joinBoxes, keepVisible, pan, snap, toCanvas, zoomTo} from './viewport.mjs';

/** @import {Model} from './model.mjs' */
/** @import {Box, Pane, Point, Size, View} from './types.d.ts' */

/** @typedef {{surface: HTMLElement, scene: HTMLCanvasElement, lines: HTMLCanvasElement, tool: HTMLCanvasElement}} Parts */
/**
 * What the surface asks whoever owns it.
 * @typedef {object} Owner
 * @property {Model} model
 * @property {() => Omit<Pane, 'box'>[]} panes what each pane shows
 * @property {() => Box} margins room that bars take at the pane's sides, CSS pixels
 * @property {() => string | null} active
 * @property {(context: CanvasRenderingContext2D, view: View) => void} drawTool
 * @property {() => void} moved the view has changed
 * @property {() => boolean} drawing whether something is being drawn
 * @property {() => void} flush let tools have what the pointer has told
 * @property {() => boolean} outlined whether outlines show
 */

const LINE_ROOM = 6; // CSS pixels that lines reach beyond what they go around

export class Surface {
  /** @param {Parts} parts @param {Owner} owner */
  constructor(parts, owner) {
    this.parts = parts;
    this.owner = owner;
    this.page = parts.surface.ownerDocument;
    /** @type {Size} */
    this.size = {width: 1, height: 1};
    this.ratio = 1;
    /** @type {View} */
    this.view = {zoom: 1, x: 0, y: 0};
    this.fitted = true;
    this.late = false; // the surface was resized while something was drawn
    this.fills = new Fills(this.page);
    /** @type {import('./drawing/line_layer.mjs').LineLayer | null} loaded with the first brush */
    this.outlines = null;
    this.loading = false;
    this.scene = contextOf(parts.scene, true); // the stroke shows without waiting for the page's compositor
    this.lines = contextOf(parts.lines);
    this.tool = contextOf(parts.tool);
    this.wanted = {scene: true, lines: true, tool: true};
    this.frame = 0;
    this.stopper = new AbortController();
    this.observer = new ResizeObserver(() => {
      this.resize();
      this.draw(); // an empty canvas is not to be seen
    });
    observeAll(this.observer, parts.surface);
    this.watchRatio();
  }

  stop() {
    this.observer.disconnect();
    this.stopper.abort();
    cancelAnimationFrame(this.frame);
  }

  /** Resize when the window comes to a screen of other density, or the browser's zoom changes. */
  watchRatio() {
    const view = this.page.defaultView;
    if (!view || this.stopper.signal.aborted) return;
    const query = view.matchMedia(`(resolution: ${view.devicePixelRatio}dppx)`);
    const changed = () => {
      this.resize();
      this.watchRatio();
    };
    query.addEventListener('change', changed, {once: true, signal: this.stopper.signal});
  }

  resize() {
    const {surface} = this.parts;
    const size = {width: surface.clientWidth, height: surface.clientHeight};
    const ratio = this.page.defaultView?.devicePixelRatio ?? 1;
    if (!size.width || !size.height) return;
    const centre = {x: (this.size.width - size.width) / 2, y: (this.size.height - size.height) / 2};
    for (const canvas of [this.parts.scene, this.parts.lines, this.parts.tool]) {
      canvas.width = Math.round(size.width * ratio);
      canvas.height = Math.round(size.height * ratio);
      canvas.style.width = `${canvas.width / ratio}px`;
      canvas.style.height = `${canvas.height / ratio}px`;
    }
    this.size = size;
    this.ratio = ratio;
    this.late = this.owner.drawing(); // the canvas stays under the pointer
    if (this.late) this.setView(this.view, this.fitted);
    else if (this.fitted) this.fit();
    else this.setView(pan(this.view, -centre.x, -centre.y), false);
    this.want('all');
  }

  /** Nothing is being drawn any more: fit what was resized meanwhile. */
  catchUp() {
    if (this.late && this.fitted) this.fit();
    this.late = false;
  }

  /** The document has another size. */
  reset() {
    const {size} = this.owner.model;
    this.fills.resize(size);
    this.outlines?.outlines.resize(size);
    if (this.size.width > 1) this.fit();
    this.want('all');
  }

  /** @returns {Pane[]} one, or two beside or above each other */
  panes() {
    const shown = this.owner.panes();
    const {width, height} = this.size;
    const beside = width >= height;
    return shown.map((pane, index) => {
      const first = index / shown.length;
      const last = (index + 1) / shown.length;
      const box = beside ? {left: Math.round(width * first), top: 0, right: Math.round(width * last), bottom: height} : {left: 0, top: Math.round(height * first), right: width, bottom: Math.round(height * last)};
      return {...pane, box};
    });
  }

  /** @returns {Size} */
  paneSize() {
    const {box} = this.panes()[0];
    return {width: box.right - box.left, height: box.bottom - box.top};
  }

  /** From the surface to the pane that the point is in. @param {Point} point @returns {Point} */
  toPane(point) {
    const panes = this.panes();
    const {box} = panes.find((pane) => point.x < pane.box.right && point.y < pane.box.bottom) ?? panes[panes.length - 1];
    return {x: point.x - box.left, y: point.y - box.top};
  }

  /** @param {Point} point on the surface, in CSS pixels @returns {Point} on the canvas */
  toCanvas(point) {
    return toCanvas(this.view, this.toPane(point));
  }

  fit() {
    this.setView(fit(this.owner.model.size, this.paneSize(), this.owner.margins()), true);
  }

  /** @param {number} share 1 is one canvas pixel on one screen pixel @param {Point} [at] in the pane; what is there stays */
  zoomShare(share, at) {
    const pane = this.paneSize();
    const margins = this.owner.margins();
    const middle = {x: (margins.left + pane.width - margins.right) / 2, y: (margins.top + pane.height - margins.bottom) / 2};
    this.setView(zoomTo(this.view, share / this.ratio, at ?? middle), false);
  }

  /** Canvas pixels to screen pixels; 1 is 100 %. */
  share() {
    return this.view.zoom * this.ratio;
  }

  /** @param {View} view @param {boolean} [fitted] whether it follows the surface's size */
  setView(view, fitted = false) {
    this.view = snap(keepVisible(view, this.paneSize(), this.owner.model.size), this.ratio);
    this.fitted = fitted;
    this.owner.moved();
    this.want('all');
  }

  /** @param {'all' | 'scene' | 'lines' | 'tool'} what */
  want(what) {
    for (const part of /** @type {('scene' | 'lines' | 'tool')[]} */ (['scene', 'lines', 'tool'])) if (what === 'all' || what === part) this.wanted[part] = true;
    this.schedule();
  }

  /** A brush's mask has changed in a part of the canvas. @param {Box} box @param {string} id */
  touch(box, id) {
    this.fills.touch(box);
    this.outlines?.outlines.touch(box, id);
    this.schedule();
  }

  touchAll() {
    this.fills.touchAll();
    this.outlines?.outlines.touchAll();
    this.schedule();
  }

  /** Draw soft edges as they are now. */
  async soften() {
    const soft = await this.owner.model.softEdges();
    if (soft === this.fills.soft) return;
    this.fills.setSoft(soft);
    this.schedule();
  }

  schedule() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draw now what is wanted or was touched. */
  draw() {
    this.owner.flush(); // first, so that what it wants is drawn in this frame
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.ratio !== this.page.defaultView?.devicePixelRatio && this.size.width > 1) this.resize();
    const {model} = this.owner;
    const changed = [...this.fills.update((tile) => model.layersOf(tile)), ...model.updateUnder()];
    const box = changed.reduce((/** @type {Box | null} */ whole, part) => joinBoxes(whole, part), null);
    if (this.wanted.scene || box) this.drawScene(this.wanted.scene ? null : box);
    if (this.wanted.lines || box || this.outlines?.waits) this.drawLines(this.wanted.lines || !box ? null : box);
    if (this.wanted.tool) this.drawTool();
    this.wanted = {scene: false, lines: this.outlines?.waits === true, tool: false};
    if (this.wanted.lines || this.fills.dirty.tiles.size) this.schedule();
  }

  /** @param {Box | null} box */
  drawScene(box) {
    const sources = this.owner.model.sources(this.fills.canvas);
    for (const pane of this.panes()) drawScene(this.scene, pane, this.view, this.ratio, sources, box);
  }

  /** @param {Box | null} box */
  drawLines(box) {
    const {model} = this.owner;
    if (!this.outlines) return void this.loadOutlines();
    this.outlines.update(model);
    if (!box) this.lines.clearRect(0, 0, this.parts.lines.width, this.parts.lines.height);
    const pane = this.panes()[0];
    const {left, top, right, bottom} = box ? boxToPane(this.view, box) : pane.box;
    this.inPane(this.lines, {left: left - LINE_ROOM, top: top - LINE_ROOM, right: right + LINE_ROOM, bottom: bottom + LINE_ROOM}, () => {
      if (this.owner.outlined()) this.outlines?.draw(this.lines, this.view, model, {active: this.owner.active(), box});
    });
  }

  /** Load what draws outlines when there is a brush to outline. */
  async loadOutlines() {
    if (this.loading || !this.owner.model.seen().length) return;
    this.loading = true;
    const {LineLayer} = await import('./drawing/line_layer.mjs');
    this.outlines = new LineLayer(this.owner.model.size);
    this.want('lines');
  }

  /** The whole outline of a brush, to be filled by the even-odd rule. @param {string} id @returns {Path2D} */
  outline(id) {
    return this.outlines?.outlines.wholePath(id) ?? new Path2D();
  }

  drawTool() {
    const {box} = this.panes()[0];
    this.tool.clearRect(0, 0, this.parts.tool.width, this.parts.tool.height);
    this.inPane(this.tool, box, () => this.owner.drawTool(this.tool, this.view));
  }

  /** Draw in a cleared part of the first pane, in its CSS pixels. @param {CanvasRenderingContext2D} context @param {Box} area @param {() => void} draw */
  inPane(context, area, draw) {
    const {ratio} = this;
    const pane = this.panes()[0].box;
    const box = {
      left: Math.floor(Math.max(area.left, pane.left) * ratio),
      top: Math.floor(Math.max(area.top, pane.top) * ratio),
      right: Math.ceil(Math.min(area.right, pane.right) * ratio),
      bottom: Math.ceil(Math.min(area.bottom, pane.bottom) * ratio),
    };
    drawInside(context, box, () => {
      context.clearRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      draw();
    });
  }
}

/** Observe the size in device pixels too, where the browser can. @param {ResizeObserver} observer @param {HTMLElement} element */
function observeAll(observer, element) {
  try {
    observer.observe(element, {box: 'device-pixel-content-box'});
  } catch {
    observer.observe(element);
  }
}

/** @param {HTMLCanvasElement} canvas @param {boolean} [desynchronized] */
function contextOf(canvas, desynchronized = false) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', {desynchronized}));
}
