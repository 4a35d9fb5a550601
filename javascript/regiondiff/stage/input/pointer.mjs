// Pointer engine: mouse, pen and fingers on an element to presses, drags, pans, pinches and picks, in CSS pixels of the element.

/** @import {Handler, Modifiers, Point, Sample} from '../types.d.ts' */

const PEN_NEAR = 1500; // milliseconds after a pen's last event in which fingers are a palm
const SECOND_FINGER = 400; // milliseconds in which a second finger takes a stroke back
const ERASER = 32;
const FIRST = 0;
const MIDDLE = 1;
const RIGHT = 2;
const ERASER_BUTTON = 5;

/** Listens on an element until `stop`. One gesture at a time; two fingers pan and zoom. */
export class PointerEngine {
  /** @param {HTMLElement} element @param {Handler} handler */
  constructor(element, handler) {
    this.element = element;
    this.handler = handler;
    /** @type {{id: number, kind: 'draw' | 'pan', time: number, last: Sample, released?: boolean} | null} */
    this.gesture = null;
    /** @type {Map<number, Point>} */
    this.fingers = new Map();
    this.space = false;
    this.penTime = -Infinity;
    this.drawnTime = -Infinity;
    this.stopper = new AbortController();
    this.listen();
  }

  listen() {
    const on = {signal: this.stopper.signal};
    const active = {signal: this.stopper.signal, passive: false};
    const view = this.element.ownerDocument.defaultView;
    this.element.addEventListener('pointerdown', (event) => this.down(event), active);
    this.element.addEventListener('pointermove', (event) => this.move(event), active);
    this.element.addEventListener('pointerrawupdate', (event) => this.raw(/** @type {PointerEvent} */ (event)), on);
    this.element.addEventListener('pointerup', (event) => this.up(event), on);
    this.element.addEventListener('pointercancel', (event) => this.lose(event, true), on);
    this.element.addEventListener('lostpointercapture', (event) => this.lose(event, false), on);
    this.element.addEventListener('pointerleave', (event) => this.leave(event), on);
    this.element.addEventListener('contextmenu', (event) => event.preventDefault(), active);
    this.element.addEventListener('touchstart', (event) => event.cancelable && event.preventDefault(), active); // no magnifier, no double tap zoom
    this.element.addEventListener('keydown', (event) => this.key(event, true), active);
    this.element.addEventListener('blur', () => delete this.element.dataset.by, on);
    view?.addEventListener('keyup', (event) => this.key(event, false), on);
    view?.addEventListener('keydown', (event) => this.modify(event), on);
    view?.addEventListener('blur', () => this.blur(), on);
  }

  stop() {
    this.cancel();
    this.stopper.abort();
  }

  /** End what goes on without keeping it. @param {boolean} [press] only what this press began @returns {boolean} whether anything went on */
  cancel(press = false) {
    const was = this.gesture;
    this.gesture = null;
    if (was) this.free(was.id);
    if (was?.kind === 'draw') this.handler.cancel(press);
    return was !== null;
  }

  /** @param {PointerEvent} event */
  down(event) {
    const sample = this.sample(event);
    if (event.pointerType === 'pen') this.nearPen(event);
    if (event.pointerType === 'touch' && !this.finger(event, sample)) return;
    if (this.gesture) return;
    this.element.dataset.by = 'pointer'; // no ring of the focus around what is painted
    this.element.focus({preventScroll: true});
    event.preventDefault();
    if (event.button === RIGHT) this.handler.pick(sample);
    else if (event.button === MIDDLE || ((this.space || this.handler.pans()) && event.button === FIRST)) this.begin(event, 'pan', sample);
    else if ((event.button === FIRST || event.button === ERASER_BUTTON) && this.handler.press(sample, modifiersOf(event))) this.begin(event, 'draw', sample);
  }

  /** @param {PointerEvent} event @param {'draw' | 'pan'} kind @param {Sample} sample */
  begin(event, kind, sample) {
    this.gesture = {id: event.pointerId, kind, time: event.timeStamp, last: sample};
    this.drawnTime = event.timeStamp;
    try {
      this.element.setPointerCapture(event.pointerId);
    } catch {
      // the pointer has gone already: its up or cancel comes without capture
    }
  }

  /** Note a finger. @param {PointerEvent} event @param {Sample} sample @returns {boolean} whether it may draw */
  finger(event, sample) {
    if (this.isPalm(event)) return false;
    this.fingers.set(event.pointerId, sample);
    if (this.fingers.size < 2) return true;
    const young = this.gesture === null || this.gesture.kind === 'pan' || event.timeStamp - this.gesture.time < SECOND_FINGER;
    if (young) this.cancel(true);
    event.preventDefault();
    return false;
  }

  /** @param {PointerEvent} event */
  isPalm(event) {
    return event.timeStamp - this.penTime < PEN_NEAR;
  }

  /** A pen is near: what fingers began is a palm's. @param {PointerEvent} event */
  nearPen(event) {
    this.penTime = event.timeStamp;
    if (this.gesture && this.fingers.has(this.gesture.id)) this.cancel(true);
    this.fingers.clear();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerType === 'pen') this.nearPen(event);
    if (this.fingers.has(event.pointerId) && this.twoFingers(event)) return;
    if (!this.gesture) {
      if (event.pointerType !== 'touch') this.handler.hover(this.sample(event), modifiersOf(event));
    } else if (this.gesture.id === event.pointerId) this.follow(event);
  }

  /** Samples that come before the frame, where the browser gives them. @param {PointerEvent} event */
  raw(event) {
    if (this.gesture?.id === event.pointerId && this.gesture.kind === 'draw' && this.fingers.size < 2) this.follow(event);
  }

  /** @param {PointerEvent} event */
  follow(event) {
    const gesture = this.gesture;
    if (!gesture) return;
    const events = event.getCoalescedEvents?.() ?? [];
    const fresh = (events.length ? events : [event]).filter((each) => each.timeStamp > this.drawnTime);
    const place = fresh.length ? this.element.getBoundingClientRect() : null;
    const samples = fresh.map((each) => this.sample(each, place));
    if (!samples.length) return;
    const last = samples[samples.length - 1];
    this.drawnTime = last.time;
    if (gesture.kind === 'pan' || this.space) this.handler.pan(last.x - gesture.last.x, last.y - gesture.last.y);
    else this.handler.drag(samples, modifiersOf(event));
    gesture.last = last;
  }

  /** Pan and zoom with two fingers. @param {PointerEvent} event @returns {boolean} whether there are two */
  twoFingers(event) {
    const sample = this.sample(event);
    const before = [...this.fingers.values()];
    this.fingers.set(event.pointerId, sample);
    if (this.fingers.size < 2) return false;
    if (this.gesture) return this.gesture.id !== event.pointerId;
    const after = [...this.fingers.values()];
    this.handler.pinch([before[0], before[1]], [after[0], after[1]]);
    return true;
  }

  /** @param {PointerEvent} event */
  up(event) {
    this.fingers.delete(event.pointerId);
    if (this.gesture?.id === event.pointerId) this.finish(this.sample(event), modifiersOf(event));
  }

  /** @param {Sample} sample @param {Modifiers} modifiers */
  finish(sample, modifiers) {
    const was = this.gesture;
    this.gesture = null;
    if (!was) return;
    this.free(was.id);
    if (was.kind === 'draw') this.handler.release(sample, modifiers);
  }

  /** The browser took the pointer: what it drew stays, but for what a finger had just begun and the browser takes for a gesture of its own. @param {PointerEvent} event @param {boolean} taken */
  lose(event, taken) {
    if (taken) this.fingers.delete(event.pointerId);
    if (this.gesture?.id !== event.pointerId) return;
    if (taken && event.pointerType === 'touch' && event.timeStamp - this.gesture.time < SECOND_FINGER) this.cancel(true);
    else this.finish(this.gesture.last, modifiersOf(event));
  }

  /** End what goes on where it is, as if the pointer were lifted. */
  lift() {
    if (this.gesture) this.finish(this.gesture.last, {shift: false, alt: false, ctrl: false});
  }

  blur() {
    this.lift();
    this.fingers.clear();
    this.setSpace(false);
  }

  /** @param {PointerEvent} event */
  leave(event) {
    if (!this.gesture) this.handler.hover(null, modifiersOf(event));
  }

  /** @param {KeyboardEvent} event @param {boolean} pressed */
  key(event, pressed) {
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === ' ' && (plain || !pressed) && (!pressed || event.target === this.element)) {
      if (pressed) event.preventDefault();
      this.setSpace(pressed);
    }
    if (!pressed) this.modify(event);
  }

  /** @param {boolean} space */
  setSpace(space) {
    if (space === this.space) return;
    this.space = space;
    this.handler.hold(space);
  }

  /** @param {KeyboardEvent} event */
  modify(event) {
    if (['Shift', 'Alt', 'Control', 'Meta'].includes(event.key)) {
      if (event.key === 'Alt' && this.gesture) event.preventDefault(); // no menu bar
      this.handler.modify(modifiersOf(event));
    }
  }

  /** @param {number} id */
  free(id) {
    if (this.element.hasPointerCapture?.(id)) this.element.releasePointerCapture(id);
  }

  /** @param {PointerEvent} event @param {DOMRect | null} [place] of the element, where it is known @returns {Sample} */
  sample(event, place) {
    const {left, top} = place ?? this.element.getBoundingClientRect();
    const pen = event.pointerType === 'pen';
    return {
      x: event.clientX - left,
      y: event.clientY - top,
      pressure: pen ? event.pressure : 1,
      pen,
      eraser: pen && (event.buttons & ERASER) !== 0,
      coarse: event.pointerType === 'touch',
      time: event.timeStamp,
    };
  }
}

/** @param {{shiftKey: boolean, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} event @returns {Modifiers} */
function modifiersOf(event) {
  return {shift: event.shiftKey, alt: event.altKey, ctrl: event.ctrlKey || event.metaKey};
}
