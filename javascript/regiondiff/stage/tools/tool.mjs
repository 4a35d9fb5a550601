// Tools by their names, in the order of the column. What a tool does is loaded when it is chosen.

/** @import {ToolName, Tool, ToolModule, Gesture, StrokePoint, Start} from '../types.d.ts' */
/** @import {Bench} from '../bench.mjs' */

const PAINTS = /** @type {const} */ (['target', 'operation', 'size', 'hardness']);
const SHAPES = /** @type {const} */ (['target', 'operation']);
const paint = () => import('./paint.mjs');
const box = () => import('./box.mjs');

/** @type {Readonly<Record<ToolName, Tool>>} */
export const TOOLS = {
  brush: {words: ['straight', 'subtract', 'pan', 'cancel'], options: PAINTS, ring: true, cursor: 'crosshair', load: paint},
  rectangle: {words: ['square', 'centre', 'subtract', 'cancel'], options: SHAPES, cursor: 'crosshair', load: box},
  eraser: {words: ['straight', 'pan', 'cancel'], options: ['target', 'size', 'hardness'], ring: true, cursor: 'crosshair', load: paint},
  ellipse: {words: ['circle', 'centre', 'subtract', 'cancel'], options: SHAPES, cursor: 'crosshair', load: box},
  lasso: {words: ['corners', 'subtract', 'close', 'cancel'], options: SHAPES, cursor: 'crosshair', load: () => import('./lasso.mjs')},
  fill: {words: ['fill', 'subtract'], options: SHAPES, cursor: 'crosshair', load: () => import('./fill.mjs')},
  move: {words: ['pick', 'straight', 'aspect', 'arrows'], options: [], cursor: 'move', load: () => import('./move.mjs')},
  hand: {words: ['hand'], options: [], cursor: 'grab', load: null},
};

/** How many of them come first, with words. */
export const FIRST = 3;

/** Tools that are loaded; a gesture may begin before its tool has come. */
export class Workshop {
  /** @param {{loaded: () => void, failed: () => void, adopt: (waiting: Gesture, real: Gesture | null) => void}} owner */
  constructor(owner) {
    this.owner = owner;
    /** @type {Map<ToolName, ToolModule>} */
    this.ready = new Map();
  }

  /** @param {ToolName} name @returns {Promise<ToolModule | null>} null where it cannot be loaded */
  async load(name) {
    const {load} = TOOLS[name];
    if (this.ready.has(name) || !load) return this.ready.get(name) ?? null;
    try {
      this.ready.set(name, await load());
      this.owner.loaded();
    } catch {
      this.owner.failed();
    }
    return this.ready.get(name) ?? null;
  }

  /** @param {ToolName} name @param {Bench} bench @param {StrokePoint} point @param {Start} start @returns {Gesture | null} */
  begin(name, bench, point, start) {
    const tool = this.ready.get(name);
    if (tool) return tool.begin(bench, point, start, name);
    return TOOLS[name].load && this.wait(name, bench, point, start);
  }

  /** A gesture that keeps what happens until its tool has come. @param {ToolName} name @param {Bench} bench @param {StrokePoint} point @param {Start} start @returns {Gesture} */
  wait(name, bench, point, start) {
    /** @type {((tool: ToolModule) => void)[]} */
    let kept = [];
    /** @type {Gesture | null} */
    let real = null;
    const press = (/** @type {StrokePoint} */ at, /** @type {Start} */ by) =>
      kept.push((tool) => {
        if (real?.press) real.press(at, by);
        else real = tool.begin(bench, at, by, name);
      });
    press(point, start);
    /** @type {Gesture} */
    const waiting = {
      paints: false,
      press,
      drag: (points, modifiers) => void kept.push(() => real?.drag(points, modifiers)),
      release(at, modifiers) {
        kept.push(() => (real = real?.release(at, modifiers) ? null : real));
        return false;
      },
      cancel() {
        kept = [];
      },
    };
    this.load(name).then((tool) => {
      if (tool) for (const act of kept) act(tool);
      this.owner.adopt(waiting, real);
    });
    return waiting;
  }
}
