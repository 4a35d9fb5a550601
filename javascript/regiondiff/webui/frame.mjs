// The frame around the surface in the accordion: its views, a strip of tools, chips of brushes, and the whole window.

import {makeIcon} from '../page/icons.mjs';
import {makeIcon as makePanelIcon} from '../panel/icons.mjs';
import {listenRadios} from '../panel/fields.mjs';
import {nameStep} from '../panel/labels.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeIcon as makeStageIcon} from '../stage/bars/icons.mjs';
import {makeTabButton} from './tab_open.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */
/** @typedef {'paint' | 'type' | 'json'} View */

const VIEWS = /** @type {const} */ (['paint', 'type', 'json']);

export class Frame {
  /** @param {AccordionApp} app */
  constructor(app) {
    this.app = app;
    /** @type {View} */
    this.view = 'paint';
    this.parts = makeParts(this);
    this.message = make(app.page, 'div', {class: 'rd-kind', hidden: true});
    app.root.replaceChildren(this.parts.head, app.rivals.root, this.message, app.holder, app.list.root, app.inspector.root, app.views.root, app.toasts.root);
    app.list.root.append(this.parts.rest);
    app.stage.root.append(this.parts.strip);
    app.holder.addEventListener('pointerdown', (event) => this.unfold(event), {capture: true, signal: app.stopper.signal});
    app.root.addEventListener('keydown', (event) => this.press(event), {signal: app.stopper.signal});
    this.show('paint');
  }

  /** Show one of the views. @param {View} view */
  show(view) {
    const {app} = this;
    this.view = view;
    app.root.dataset.view = app.tab.accordion.dataset.rdView = view;
    for (const button of this.parts.views) {
      const on = button.dataset.view === view;
      button.setAttribute('aria-checked', String(on));
      button.tabIndex = on ? 0 : -1;
    }
    void app.guard(() => app.views.show(view));
    this.refresh();
    app.dock.place();
    if (view === 'paint') app.stage.surface.resize();
  }

  refresh() {
    const {app, message} = this;
    const {canUndo, canRedo, labels} = app.editor;
    this.parts.undo.disabled = !canUndo;
    this.parts.redo.disabled = !canRedo;
    this.parts.undo.title = app.say('bar.undo', {what: canUndo ? nameStep(labels.undo) : '', key: app.keyOf('edit.undo')});
    this.parts.redo.title = app.say('bar.redo', {what: canRedo ? nameStep(labels.redo) : '', key: app.keyOf('edit.redo')});
    const empty = app.kind === 'palette' && !app.editor.state.palette.brushes.length && !canUndo;
    app.root.classList.toggle('rd-empty', empty && this.view === 'paint');
    app.root.classList.toggle('rd-none', !app.editor.state.palette.brushes.length);
    app.tab.accordion.dataset.rdKind = app.kind;
    app.tab.accordion.classList.toggle('rd-accordion-empty', empty);
    app.root.dataset.kind = app.kind;
    message.hidden = app.kind === 'palette' || this.view !== 'paint';
    if (!message.hidden) this.tell();
  }

  /** Say why there is nothing to paint on, and the way out. */
  tell() {
    const {app, message} = this;
    const {page, say, kind} = app;
    const act = () => (kind === 'typed' ? this.spell() : this.show('json'));
    const button = make(page, 'button', {type: 'button', class: 'rd-button', click: act}, say(kind === 'typed' ? 'webui.typed.paint' : 'webui.strange.json'));
    message.replaceChildren(make(page, 'span', {}, say(`webui.${kind}`)), button);
  }

  /** Have the regions of the prompt as brushes. */
  async spell() {
    const {app} = this;
    await app.guard(async () => {
      if (!(await app.typed.spell())) app.tell(app.say('webui.typed.wait'), {note: true});
    });
  }

  /** @param {number} share of the picture that no brush has */
  judged(share) {
    this.parts.rest.textContent = `${this.app.say('webui.rest')} ${Math.round(100 * share)} %`;
  }

  /** The surface in its full height, from the first press on; buttons stay where they are pressed. @param {PointerEvent} event */
  unfold({target}) {
    if (/** @type {HTMLElement} */ (target).closest('button')) return;
    if (!this.app.root.classList.contains('rd-empty') || this.app.root.classList.contains('rd-begun')) return;
    this.app.root.classList.add('rd-begun');
    this.app.stage.surface.resize();
  }

  toggleMore() {
    const open = this.app.root.classList.toggle('rd-with-more');
    this.parts.more.setAttribute('aria-expanded', String(open));
    this.app.stage.surface.resize();
  }

  toggleResult() {
    const {below} = this.app;
    below.want(!below.wanted);
    this.parts.result.setAttribute('aria-pressed', String(below.wanted));
  }

  // the whole window

  toggleWindow() {
    if (this.app.root.popover) this.leaveWindow();
    else this.enterWindow();
  }

  enterWindow() {
    const {root, stage} = this.app;
    root.popover = 'manual'; // above all that the WebUI has, without being moved
    root.showPopover();
    this.parts.full.setAttribute('aria-pressed', 'true');
    stage.surface.resize();
    stage.focus();
  }

  leaveWindow() {
    const {root, stage} = this.app;
    if (!root.popover) return;
    root.hidePopover();
    root.popover = null;
    this.parts.full.setAttribute('aria-pressed', 'false');
    stage.surface.resize();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || !this.app.root.popover) return;
    event.preventDefault();
    event.stopPropagation();
    this.leaveWindow();
  }
}

/** Bars and what is in them. @param {Frame} frame */
function makeParts(frame) {
  const {app} = frame;
  const {page, say} = app;
  const views = VIEWS.map((view) => make(page, 'button', {type: 'button', role: 'radio', 'data-view': view, title: say(`webui.${view}.help`), click: () => frame.show(view)}, say(`webui.${view}`)));
  const choice = make(page, 'div', {class: 'rd-segments', role: 'radiogroup', 'aria-label': say('webui.views')}, ...views);
  listenRadios(choice, views);
  const square = (/** @type {string} */ command, /** @type {SVGElement} */ icon) => make(page, 'button', {class: 'rd-button rd-square', type: 'button', title: say(command), 'aria-label': say(command), click: () => app.run(command)}, icon);
  const undo = square('edit.undo', makeIcon(page, 'undo'));
  const redo = square('edit.redo', makeIcon(page, 'redo'));
  const full = make(page, 'button', {class: 'rd-button rd-square rd-full', type: 'button', title: say('webui.full'), 'aria-label': say('webui.full'), 'aria-pressed': 'false', click: () => frame.toggleWindow()}, makeStageIcon(page, 'fit'));
  const generate = make(page, 'button', {class: 'rd-generate', type: 'button', click: () => app.generate()}, say('webui.generate'));
  const result = make(page, 'button', {class: 'rd-button rd-square', type: 'button', title: say('webui.result'), 'aria-label': say('webui.result'), 'aria-pressed': 'true', click: () => frame.toggleResult()}, makePanelIcon(page, 'eye'));
  const more = make(page, 'button', {class: 'rd-button', type: 'button', title: say('webui.more.help'), 'aria-expanded': 'false', click: () => frame.toggleMore()}, say('webui.more'), makeIcon(page, 'down'));
  return {
    views,
    undo,
    redo,
    full,
    more,
    result,
    head: make(page, 'div', {class: 'rd-head-line'}, choice, make(page, 'span', {class: 'rd-space'}), app.links.button, makeTabButton(app), app.dock.button, full, generate),
    strip: make(page, 'div', {class: 'rd-strip-end'}, more, make(page, 'span', {class: 'rd-space'}), result, undo, redo),
    rest: make(page, 'span', {class: 'rd-rest', title: say('webui.rest.help')}),
  };
}
