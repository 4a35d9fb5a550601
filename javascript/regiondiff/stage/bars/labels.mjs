// Labels on the canvas: a dot of the brush's colour, its number and its name.

import {findOwners, placeLabels} from '../drawing/labels.mjs';
import {make} from './dom.mjs';
import {outlinesShow} from '../shown.mjs';
import {toPane} from '../viewport.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {BrushView, Point} from '../types.d.ts' */

const INSET = 5; // CSS pixels between a label and its place
const SETTLED = 150; // milliseconds without zooming
const LEAST = 48; // CSS pixels that a label may have beside any brush
const MOST_LETTERS = 24;

export class LabelLayer {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {{element: HTMLElement, place: Point | null}[]} the uppermost brush's first */
    this.labels = [];
    this.zoom = 0; // at which they found their places
    this.timer = 0;
  }

  /** Make the labels anew and find their places. */
  place() {
    const {stage} = this;
    const brushes = stage.model.seen();
    this.labels = brushes.map((brush) => ({element: makeLabel(stage, brush), place: null}));
    stage.parts.labels.replaceChildren(...this.labels.map(({element}) => element));
    const {zoom} = stage.view;
    this.zoom = zoom;
    this.shorten(brushes);
    const sizes = this.labels.map(({element}) => ({width: (element.offsetWidth + 2 * INSET) / zoom, height: (element.offsetHeight + 2 * INSET) / zoom}));
    const owners = findOwners(stage.model.size, brushes.map(({id}) => id), (id, tile) => stage.model.tileOf(id, tile));
    placeLabels(owners, sizes).forEach((place, index) => {
      this.labels[index].place = place;
    });
    this.move();
  }

  /** Where a name is wider than its brush's area, the number has to do. @param {readonly BrushView[]} brushes */
  shorten(brushes) {
    const {model, view} = this.stage;
    brushes.forEach(({id, number}, index) => {
      const {element} = this.labels[index];
      const box = model.boundsOf(id);
      if (box && element.offsetWidth > Math.max(LEAST, (box.right - box.left) * view.zoom)) element.lastChild?.replaceWith(String(number));
    });
  }

  /** Put the labels where the view has their places; at another zoom they find new ones. */
  move() {
    const {stage} = this;
    clearTimeout(this.timer);
    if (stage.view.zoom !== this.zoom) this.timer = window.setTimeout(() => !stage.signal.aborted && this.place(), SETTLED);
    const pane = stage.surface.paneSize();
    stage.parts.labels.hidden = !outlinesShow(stage);
    stage.parts.labels.style.width = `${pane.width}px`;
    stage.parts.labels.style.height = `${pane.height}px`;
    for (const {element, place} of this.labels) {
      element.hidden = place === null;
      if (!place) continue;
      const {x, y} = toPane(stage.view, place);
      element.style.transform = `translate(${Math.round(x + INSET)}px, ${Math.round(y + INSET)}px)`;
    }
  }
}

/** @param {Stage} stage @param {BrushView} brush */
function makeLabel({page}, {number, name, colour}) {
  const short = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
  const dot = make(page, 'i', {class: 'rd-dot'});
  dot.style.background = colour;
  return make(page, 'span', {class: 'rd-label'}, dot, `${number} ${short}`.trim());
}
