// The WebUI's tab around the accordion: what is read from its controls, and how values get into them.

/** @import {Size} from '../document/types.d.ts' */

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void}} */
const host = /** @type {any} */ (globalThis);

/** Ids of img2img's pictures: plain, sketched on, inpainted, sketched and inpainted. */
const STARTS = ['img2img_image', 'img2img_sketch', 'img2maskimg', 'inpaint_sketch'];

export class HostTab {
  /** @param {HTMLElement} accordion ours */
  constructor(accordion) {
    this.accordion = accordion;
    this.page = accordion.ownerDocument;
    /** @type {'txt2img' | 'img2img'} */
    this.name = accordion.id.includes('img2img') ? 'img2img' : 'txt2img';
  }

  /** A component of the accordion. @template {HTMLElement} Kind @param {string} key @param {string} [inside] @returns {Kind} */
  part(key, inside = '') {
    const found = this.accordion.querySelector(`:is([id$="_regiondiff_${key}"], [class*="_regiondiff_${key}"]) ${inside}`);
    if (!found) throw new Error(`the accordion: expected its part ${key}, got none; restart the WebUI`);
    return /** @type {Kind} */ (found);
  }

  /** @returns {HTMLTextAreaElement} */
  get palette() {
    return this.part('palette', 'textarea');
  }

  /** @returns {HTMLElement} */
  get preview() {
    return this.part('preview');
  }

  /** @returns {HTMLInputElement} the switch in the accordion's header */
  get tick() {
    return /** @type {HTMLInputElement} */ (this.page.getElementById(`${this.accordion.id}-visible-checkbox`));
  }

  /** Where the WebUI says what went wrong. @returns {HTMLElement | null} */
  get log() {
    return this.page.getElementById(`html_log_${this.name}`);
  }

  /** The main prompt. @returns {HTMLTextAreaElement | null} */
  get prompt() {
    return this.page.querySelector(`#${this.name}_prompt textarea`);
  }

  /** The palette's text. */
  get text() {
    return this.palette.value;
  }

  set text(text) {
    this.palette.value = text;
    host.updateInput(this.palette);
  }

  get isOn() {
    return this.tick.checked;
  }

  /** @param {boolean} on */
  turn(on) {
    if (this.tick.checked === on) return;
    this.tick.checked = on;
    host.updateInput(this.tick);
  }

  /** @param {'width' | 'height'} side @returns {HTMLInputElement[]} its number and its slider */
  sides(side) {
    return [...this.page.querySelectorAll(`#${this.name}_${side} input`)].map((each) => /** @type {HTMLInputElement} */ (each));
  }

  /** The picture's size, as the sliders have it; null where the tab has none. @returns {Size | null} */
  get size() {
    const [width, height] = /** @type {const} */ (['width', 'height']).map((side) => Number(this.sides(side)[0]?.value));
    return width > 0 && height > 0 ? {width, height} : null;
  }

  /** @param {Size} size */
  resize(size) {
    for (const side of /** @type {const} */ (['width', 'height'])) {
      const [number] = this.sides(side);
      if (!number || Number(number.value) === size[side]) continue;
      number.value = String(size[side]);
      host.updateInput(number);
    }
  }

  // pictures

  /** Where the WebUI shows pictures that count. @returns {HTMLElement[]} */
  picturePlaces() {
    const names = this.name === 'img2img' ? ['mode_img2img', 'img2img_gallery'] : ['txt2img_gallery'];
    return names.map((name) => this.page.getElementById(name)).filter((each) => each !== null);
  }

  /** The picture that img2img starts from, in the mode that is open. @returns {HTMLImageElement | null} */
  findStart() {
    if (this.name !== 'img2img') return null;
    const places = STARTS.map((name) => this.page.getElementById(name)).filter((each) => each?.checkVisibility());
    return places.flatMap((place) => listPictures(place))[0] ?? null;
  }

  /** The newest result that fits; previews while something is drawn are none. @param {(picture: HTMLImageElement) => boolean} fits */
  findResult(fits) {
    const gallery = this.page.getElementById(`${this.name}_gallery`);
    return listPictures(gallery).find((picture) => !picture.closest('.livePreview') && fits(picture)) ?? null;
  }

  /** The column of results. @returns {HTMLElement | null} */
  get results() {
    return this.page.getElementById(`${this.name}_results_panel`);
  }

  /** The address of the newest result, "" for none. */
  get newest() {
    return this.findResult(() => true)?.src ?? '';
  }

  /** Generate. @returns {HTMLElement | null} */
  get button() {
    return this.page.getElementById(`${this.name}_generate`);
  }

  generate() {
    this.button?.click();
  }
}

/** @param {HTMLElement | null} place @returns {HTMLImageElement[]} with something to see */
function listPictures(place) {
  return [...(place?.querySelectorAll('img') ?? [])].filter(({src, naturalWidth}) => src && naturalWidth > 1);
}
