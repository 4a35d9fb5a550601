// The options bar: the tool's name, its options, what modifier keys do in words, the masks slider and the zoom.

import {make} from './dom.mjs';
import {makeIcon} from './icons.mjs';
import {masksKey} from '../shown.mjs';
import {RANGES} from '../settings.mjs';
import {TOOLS} from '../tools/tool.mjs';

/** @import {Stage} from '../stage.mjs' */
/** @import {Values} from '../types.d.ts' */

const SHARES = [0.25, 0.5, 0.75, 1, 1.5, 2, 4, 8];

/** @param {Stage} stage @returns {HTMLElement} */
export function makeOptions(stage) {
  const {page, say, settings} = stage;
  const name = make(page, 'strong', {class: 'rd-options-name'});
  const words = make(page, 'span', {class: 'rd-words'});
  const options = makeAll(stage);
  const bar = make(
    page,
    'div',
    {class: 'rd-options', role: 'toolbar', 'aria-label': say('stage.options')},
    name,
    options.target,
    options.operation,
    options.size,
    options.more,
    words,
    make(page, 'span', {class: 'rd-space'}),
    makeMasks(stage),
    makeZoom(stage),
  );
  const show = () => {
    const tool = TOOLS[settings.values.tool];
    name.textContent = say(`tool.${settings.values.tool}`);
    words.textContent = tool.words.map((word) => say(`words.${word}`)).join(' · ');
    words.title = words.textContent;
    for (const key of /** @type {const} */ (['target', 'operation', 'size'])) options[key].hidden = !tool.options.includes(key);
    bar.classList.toggle('rd-many', tool.options.includes('size'));
    options.more.hidden = !tool.options.includes('hardness');
  };
  settings.on(show);
  show();
  return bar;
}

/** @param {Stage} stage */
function makeAll(stage) {
  const {page, say} = stage;
  return {
    target: make(page, 'span', {class: 'rd-option'}, makeChoice(stage, 'target', ['mask', 'colour']), makeColour(stage)),
    operation: make(page, 'span', {class: 'rd-option'}, makeChoice(stage, 'operation', ['add', 'subtract'])),
    size: makeSlider(stage, 'size', {show: (value) => `${Math.round(value)} px`, curve: 3}),
    more: makeFolded(
      stage,
      say('option.more'),
      makeSlider(stage, 'hardness', {show: percent}),
      makeSlider(stage, 'opacity', {show: percent}),
      makeSlider(stage, 'smoothing', {show: (value) => (value === 0 ? say('option.off') : percent(value))}),
      makeTick(stage, 'pressureSize'),
      makeTick(stage, 'pressureOpacity'),
    ),
  };
}

/** @param {number} value */
function percent(value) {
  return `${Math.round(100 * value)} %`;
}

/** Buttons of which one is pressed. @param {Stage} stage @param {'target' | 'operation'} key @param {string[]} values */
function makeChoice({page, say, settings}, key, values) {
  const buttons = values.map((value) => make(page, 'button', {type: 'button', class: 'rd-choice', title: say(`option.${key}.${value}.help`), click: () => settings.set(/** @type {Partial<Values>} */ ({[key]: value}))}, say(`option.${key}.${value}`)));
  const show = () => buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(settings.values[key] === values[index])));
  settings.on(show);
  show();
  return make(page, 'span', {class: 'rd-choices', role: 'group', 'aria-label': say(`option.${key}`)}, ...buttons);
}

/** The colour layer's colour; shown while it is the target. @param {Stage} stage */
function makeColour({page, say, settings}) {
  const input = make(page, 'input', {type: 'color', class: 'rd-colour', value: settings.values.colour, title: say('option.colour'), 'aria-label': say('option.colour'), input: () => settings.set({colour: input.value})});
  const show = () => {
    input.hidden = settings.values.target !== 'colour';
    input.value = settings.values.colour;
  };
  settings.on(show);
  show();
  return input;
}

/** @param {Stage} stage @param {'size' | 'hardness' | 'opacity' | 'smoothing'} key @param {{show: (value: number) => string, curve?: number}} how a curve gives small values more room */
function makeSlider({page, say, settings}, key, {show, curve = 1}) {
  const [low, high] = RANGES[key];
  const toPlace = (/** @type {number} */ value) => ((value - low) / (high - low)) ** (1 / curve);
  const toValue = (/** @type {number} */ place) => low + (high - low) * place ** curve;
  const round = (/** @type {number} */ value) => (key === 'size' ? Math.round(value) : Math.round(100 * value) / 100);
  const slider = make(page, 'input', {type: 'range', class: 'rd-slider', min: '0', max: '1', step: '0.005', 'aria-label': say(`option.${key}`), input: () => settings.set({[key]: round(toValue(Number(slider.value)))})});
  const number = make(page, 'output', {class: 'rd-number'});
  const update = () => {
    const value = settings.values[key];
    if (round(toValue(Number(slider.value))) !== value) slider.value = String(toPlace(value));
    slider.style.setProperty('--rd-done', `${100 * toPlace(value)}%`);
    number.textContent = show(value);
    slider.setAttribute('aria-valuetext', show(value));
  };
  settings.on(update);
  update();
  return make(page, 'label', {class: 'rd-option', title: say(`option.${key}.help`)}, make(page, 'span', {class: 'rd-option-name'}, say(`option.${key}`)), slider, number);
}

/** @param {Stage} stage @param {'pressureSize' | 'pressureOpacity'} key */
function makeTick({page, say, settings}, key) {
  const tick = make(page, 'input', {type: 'checkbox', change: () => settings.set({[key]: tick.checked})});
  const show = () => {
    tick.checked = settings.values[key];
  };
  settings.on(show);
  show();
  return make(page, 'label', {class: 'rd-option rd-tick'}, tick, say(`option.${key}`));
}

/** A button that unfolds a panel below it; Esc and a click elsewhere fold it. @param {Stage} stage @param {string} label @param {HTMLElement[]} content */
function makeFolded({page, signal}, label, ...content) {
  const panel = make(page, 'div', {class: 'rd-panel'}, ...content);
  const fold = make(page, 'details', {class: 'rd-more'}, make(page, 'summary', {class: 'rd-button', title: label, 'aria-label': label}, makeIcon(page, 'more')), panel);
  page.addEventListener('pointerdown', (event) => !fold.contains(/** @type {Node} */ (event.target)) && (fold.open = false), {signal, capture: true});
  fold.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !fold.open) return;
    event.stopPropagation();
    fold.open = false;
    fold.querySelector('summary')?.focus();
  });
  return fold;
}

/** How opaque the brushes' fills are: over a picture, and where there is none. @param {Stage} stage */
function makeMasks(stage) {
  const {page, say, settings} = stage;
  const slider = make(page, 'input', {type: 'range', class: 'rd-slider', min: '0', max: '1', step: '0.01', 'aria-label': say('option.masks'), input: () => settings.set({[masksKey(stage)]: Number(slider.value)})});
  const show = () => {
    const value = settings.values[masksKey(stage)];
    slider.value = String(value);
    slider.style.setProperty('--rd-done', `${100 * value}%`);
    slider.setAttribute('aria-valuetext', percent(value));
  };
  settings.on(show);
  stage.on('view', show);
  show();
  return make(page, 'label', {class: 'rd-option rd-masks', title: say('option.masks.help')}, make(page, 'span', {class: 'rd-option-name'}, say('option.masks')), slider);
}

/** @param {Stage} stage */
function makeZoom(stage) {
  const {page, say} = stage;
  const now = make(page, 'option', {value: 'now', hidden: true});
  const list = make(page, 'select', {class: 'rd-button rd-zoom', 'aria-label': say('option.zoom'), title: say('option.zoom')}, now, make(page, 'option', {value: 'fit'}, say('command.fit')), ...SHARES.map((share) => make(page, 'option', {value: String(share)}, percent(share))));
  list.addEventListener('change', () => {
    if (list.value === 'fit') stage.surface.fit();
    else stage.surface.zoomShare(Number(list.value));
    list.value = 'now';
  });
  stage.on('view', () => {
    now.textContent = percent(stage.surface.share());
    list.value = 'now';
  });
  list.value = 'now';
  return list;
}
