// An editor in memory that is as plain as can be: it shows what the surface asks of an Editor, and lets tests look inside.

const SIDE = 64;
const COLOURS = ['#0a58a8', '#56b46a', '#f0e442', '#f2f0e6', '#8e5bd0', '#b3261e', '#e69f00', '#56b4e9', '#cc79a7', '#009e73', '#d55e00', '#999999'];

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

export class PlainEditor {
  /** @param {{width: number, height: number}} size */
  constructor(size) {
    this.document = {palette: {size, background: {colour: null}, brushes: []}, masks: new Map(), colour: {tiles: new Map()}};
    this.listeners = new Set();
    this.steps = [];
  }

  on(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  emit(change) {
    for (const listener of this.listeners) listener(change);
  }

  get columns() {
    return Math.ceil(this.document.palette.size.width / SIDE);
  }

  tileOf(id, tile) {
    return this.document.masks.get(id)?.get(tile);
  }

  coverAt(id, x, y) {
    return this.tileOf(id, (y >> 6) * this.columns + (x >> 6))?.[(y & 63) * SIDE + (x & 63)] ?? 0;
  }

  areaOf(id) {
    let area = 0;
    for (const tile of this.document.masks.get(id)?.values() ?? []) for (const cover of tile) area += cover >= 128 ? 1 : 0;
    return area;
  }

  nextColour() {
    return COLOURS[this.document.palette.brushes.length % COLOURS.length];
  }

  addBrush(name = '') {
    const id = `b${this.document.palette.brushes.length + 1}`;
    this.document.palette.brushes.push({id, name, colour: this.nextColour(), feather: 0});
    this.document.masks.set(id, new Map());
    this.emit({order: true});
    return id;
  }

  addShape(shape, name) {
    const id = this.addBrush(name);
    const session = this.stroke(id);
    session.shape(shape, false);
    session.commit();
    return id;
  }

  stroke(target) {
    return new PlainSession(this, target);
  }

  clear(id) {
    this.document.masks.set(id, new Map());
    this.tellAll(id);
  }

  invert(id) {
    const {width, height} = this.document.palette.size;
    const session = this.stroke(id);
    session.paint({left: 0, top: 0, right: width, bottom: height}, (x, y) => 255 - this.coverAt(id, x, y), {set: true});
    session.commit();
  }

  transform(id, from, to) {
    const old = new Map(this.document.masks.get(id));
    const before = {document: {...this.document, masks: new Map([[id, old]])}, columns: this.columns};
    this.document.masks.set(id, new Map());
    const scale = {x: (from.right - from.left) / (to.right - to.left), y: (from.bottom - from.top) / (to.bottom - to.top)};
    const look = (x, y) => {
      const [u, v] = [Math.floor(from.left + (x + 0.5 - to.left) * scale.x), Math.floor(from.top + (y + 0.5 - to.top) * scale.y)];
      return old.get((v >> 6) * before.columns + (u >> 6))?.[(v & 63) * SIDE + (u & 63)] ?? 0;
    };
    const session = this.stroke(id);
    session.paint(to, look, {set: true});
    session.commit();
    this.tellAll(id);
  }

  tellAll(id) {
    const {width, height} = this.document.palette.size;
    this.emit({masks: new Map([[id, [{left: 0, top: 0, right: width, bottom: height}]]])});
  }
}

class PlainSession {
  constructor(editor, target) {
    this.editor = editor;
    this.target = target;
    this.colours = target === 'colour';
    this.tiles = this.colours ? editor.document.colour.tiles : editor.document.masks.get(target);
    this.before = new Map();
    this.last = null;
  }

  /** Paint where a function gives cover; `set` replaces, else more covers and erasing uncovers. */
  paint(box, cover, {erase = false, set = false, colour = '#000000'} = {}) {
    const {width, height} = this.editor.document.palette.size;
    const part = {left: Math.max(0, Math.floor(box.left)), top: Math.max(0, Math.floor(box.top)), right: Math.min(width, Math.ceil(box.right)), bottom: Math.min(height, Math.ceil(box.bottom))};
    for (let y = part.top; y < part.bottom; y += 1) {
      for (let x = part.left; x < part.right; x += 1) {
        const value = Math.round(cover(x, y));
        if (value > 0 || set) this.write(x, y, value, {erase, set, colour});
      }
    }
    this.editor.emit(this.colours ? {colour: [part]} : {masks: new Map([[this.target, [part]]])});
  }

  write(x, y, value, {erase, set, colour}) {
    const tile = this.tileFor((y >> 6) * this.editor.columns + (x >> 6));
    const index = (y & 63) * SIDE + (x & 63);
    if (this.colours) {
      const rgb = Number.parseInt(colour.slice(1), 16);
      if (!erase) tile.set([rgb >> 16, (rgb >> 8) & 255, rgb & 255], 4 * index);
      tile[4 * index + 3] = erase ? Math.min(tile[4 * index + 3], 255 - value) : Math.max(tile[4 * index + 3], value);
    } else tile[index] = set ? value : erase ? Math.min(tile[index], 255 - value) : Math.max(tile[index], value);
  }

  tileFor(number) {
    const tile = this.tiles.get(number);
    if (this.before.has(number)) return tile;
    this.before.set(number, tile);
    const copy = tile ? tile.slice() : this.colours ? new Uint8ClampedArray(4 * SIDE * SIDE) : new Uint8Array(SIDE * SIDE);
    this.tiles.set(number, copy);
    return copy;
  }

  stamp(points, options) {
    for (const point of points) {
      const from = this.last ?? point;
      const radius = Math.max(0.5, (options.size / 2) * (options.pressureSize ? point.pressure : 1));
      const soft = Math.max(1, (1 - options.hardness) * radius);
      const most = 255 * options.opacity * (options.pressureOpacity ? point.pressure : 1);
      const box = {left: Math.min(from.x, point.x) - radius - 1, top: Math.min(from.y, point.y) - radius - 1, right: Math.max(from.x, point.x) + radius + 1, bottom: Math.max(from.y, point.y) + radius + 1};
      this.paint(box, (x, y) => most * Math.min(1, Math.max(0, (radius - awayFrom(x + 0.5, y + 0.5, from, point)) / soft + 0.5)), options);
      this.last = point;
    }
  }

  shape(shape, erase, colour) {
    const {width, height} = this.editor.document.palette.size;
    const [[kind, numbers]] = Object.entries(shape);
    const inside = INSIDE[kind](numbers);
    const share = (x, y) => 255 * inside((x + 0.5) / width, (y + 0.5) / height);
    this.paint({left: 0, top: 0, right: width, bottom: height}, share, {erase, colour});
  }

  fill({x, y}, erase, colour) {
    const {width, height} = this.editor.document.palette.size;
    const covered = (px, py) => (this.colours ? (this.tiles.get((py >> 6) * this.editor.columns + (px >> 6))?.[4 * ((py & 63) * SIDE + (px & 63)) + 3] ?? 0) : this.editor.coverAt(this.target, px, py)) >= 128;
    if (covered(x, y) !== erase) return;
    const found = new Uint8Array(width * height);
    for (const open = [[x, y]]; open.length; ) {
      const [px, py] = open.pop();
      if (px < 0 || py < 0 || px >= width || py >= height || found[py * width + px] || covered(px, py) !== erase) continue;
      found[py * width + px] = 1;
      open.push([px + 1, py], [px - 1, py], [px, py + 1], [px, py - 1]);
    }
    this.paint({left: 0, top: 0, right: width, bottom: height}, (px, py) => 255 * found[py * width + px], {erase, colour});
  }

  commit() {
    this.editor.steps.push(this.target);
  }

  cancel() {
    for (const [number, tile] of this.before) {
      if (tile) this.tiles.set(number, tile);
      else this.tiles.delete(number);
    }
    if (!this.colours) this.editor.tellAll(this.target);
  }
}

function awayFrom(x, y, a, b) {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const along = length ? Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / length)) : 0;
  return Math.hypot(x - a.x - along * (b.x - a.x), y - a.y - along * (b.y - a.y));
}

const INSIDE = {
  rectangle: ([left, top, right, bottom]) => (x, y) => x >= left && x < right && y >= top && y < bottom,
  ellipse: ([left, top, right, bottom]) => (x, y) => ((2 * x - left - right) / (right - left)) ** 2 + ((2 * y - top - bottom) / (bottom - top)) ** 2 <= 1,
  polygon: (corners) => (x, y) =>
    corners.reduce((inside, [bx, by], index) => {
      const [ax, ay] = corners.at(index - 1);
      return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax ? !inside : inside;
    }, false),
};
