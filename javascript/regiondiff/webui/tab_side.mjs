// The side of the tab "Semantic Palette" that looks at txt2img: its palette and size are the tab's too, unless they are kept apart.

import {HostTab} from './host_tab.mjs';

/** @import {Size} from '../document/types.d.ts' */

export class TabSide extends HostTab {
  /** @param {HTMLElement} accordion of txt2img */
  constructor(accordion) {
    super(accordion);
    this.own = '';
    /** Whether the tab has a palette of its own. */
    this.isApart = () => false;
  }

  get text() {
    return this.isApart() ? this.own : super.text;
  }

  set text(text) {
    if (this.isApart()) this.own = text;
    else super.text = text;
  }

  get size() {
    return this.isApart() ? null : super.size;
  }

  /** @param {Size} size */
  resize(size) {
    if (!this.isApart()) super.resize(size);
  }

  /** Have a palette in txt2img, switched on where there is one; gives what puts everything back that is txt2img's own. @param {string} text @param {Size} size @returns {() => void} */
  lend(text, size) {
    const before = {text: super.text, size: super.size, on: this.isOn};
    const put = (/** @type {string} */ words, /** @type {Size | null} */ size_, /** @type {boolean} */ on) => {
      if (super.text !== words) super.text = words;
      if (size_) super.resize(size_);
      this.turn(on);
    };
    put(text, size, Boolean(text));
    return this.isApart() ? () => put(before.text, before.size, before.on) : () => {};
  }
}
