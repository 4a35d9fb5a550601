// The view Type: regions from the main prompt, how it is split, and where its parts go.

import '../strings_views.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeButton, makeChoices, makeLabelled, makeTicked} from './view_fields.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @import {Options} from './typed.mjs' */

const SOFTEST = 256; // pixels

export class TypeView {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    const {page, say} = app;
    const choose = () => void app.guard(() => app.typed.choose(this.options));
    const list = (/** @type {'split' | 'layout'} */ key) => makeChoices(page, key, app.start_.typed[key].map((value) => ({value, label: /[a-z]/.test(value) ? say(`webui.${key}.${value}`) : value})), {change: choose});
    this.switch = make(page, 'input', {type: 'checkbox', 'data-key': 'typed', change: () => void app.guard(() => this.turn())});
    this.split = list('split');
    this.layout = list('layout');
    this.ratios = make(page, 'input', {type: 'text', 'data-key': 'ratios', placeholder: say('webui.ratios.hint'), input: choose});
    this.feather = make(page, 'input', {type: 'number', 'data-key': 'feather', min: '0', max: String(SOFTEST), step: '1', input: choose});
    this.common = make(page, 'input', {type: 'checkbox', 'data-key': 'common', change: choose});
    this.more = make(
      page, 'div', {class: 'rd-options-typed', hidden: true},
      make(page, 'p', {class: 'rd-note'}, say('webui.typed.help')),
      make(
        page, 'div', {class: 'rd-fields'},
        ...[this.split, this.layout, this.ratios, this.feather].map((control) => this.label(control)),
      ),
      make(page, 'div', {class: 'rd-line'}, makeTicked(page, say('webui.common'), say('webui.common.help'), this.common), makeButton(page, 'spell', say('webui.spell'), () => app.frame.spell())),
    );
    this.root = make(page, 'div', {class: 'rd-type'}, makeTicked(page, say('webui.typed.switch'), say('webui.typed.switch.help'), this.switch), this.more);
  }

  /** @param {HTMLElement} control */
  label(control) {
    const {page, say} = this.app;
    const key = `webui.${control.dataset.key}`;
    return makeLabelled(page, say(key), say(`${key}.help`), control);
  }

  /** Have the switch as it is seen, or seen as it is. */
  async turn() {
    const {typed} = this.app;
    try {
      await typed.turn(this.switch.checked);
    } catch (error) {
      this.switch.checked = typed.known?.facts.typed ?? false;
      throw error;
    }
  }

  /** @returns {Options} as they are seen */
  get options() {
    const soft = Math.min(SOFTEST, Math.max(0, Math.round(this.feather.valueAsNumber) || 0));
    return {split: this.split.value, layout: this.layout.value, ratios: this.ratios.value, common: this.common.checked, feather: soft};
  }

  /** Who has painted nothing yet wants regions from the prompt. */
  async enter() {
    const {app} = this;
    await app.mailbox.busy;
    if (app.kind !== 'typed' && !app.editor.state.palette.brushes.length) await app.typed.turn(true);
  }

  /** Show what the palette's text says, but for what is being typed. */
  async refresh() {
    const {typed, options} = await this.app.typed.look();
    this.switch.checked = typed;
    this.more.hidden = !typed;
    if (this.app.typed.wanted) return;
    for (const key of /** @type {const} */ (['split', 'layout', 'ratios'])) if (this[key].value !== options[key]) this[key].value = options[key];
    if (this.feather.valueAsNumber !== options.feather && this.app.page.activeElement !== this.feather) this.feather.value = String(options.feather);
    this.common.checked = options.common;
  }
}
