// The surface's elements: canvases over one another, labels, the ring, notices and the empty page's strip.

import {make} from './dom.mjs';

/** @import {Stage} from '../stage.mjs' */

/** @param {Stage} stage */
export function makeParts({page, say, services}) {
  const canvas = (/** @type {string} */ name) => make(page, 'canvas', {class: `rd-canvas rd-${name}`, 'aria-hidden': 'true'});
  const parts = {
    scene: canvas('scene'),
    lines: canvas('lines'),
    tool: canvas('tool-lines'),
    labels: make(page, 'div', {class: 'rd-labels', 'aria-hidden': 'true'}),
    ring: make(page, 'div', {class: 'rd-ring', hidden: true}),
    live: make(page, 'div', {class: 'rd-live', role: 'status', 'aria-live': 'polite'}),
    notice: make(page, 'div', {class: 'rd-notice', role: 'alert', hidden: true}),
    words: make(page, 'div', {class: 'rd-words-below', 'aria-hidden': 'true'}),
    divider: make(page, 'div', {class: 'rd-divider', hidden: true}),
    names: make(page, 'div', {class: 'rd-pane-names', hidden: true}, make(page, 'span', {}, say('view.brushes')), make(page, 'span', {}, say('view.picture'))),
  };
  const surface = make(
    page,
    'div',
    {class: 'rd-surface', tabIndex: 0, role: 'application', 'aria-label': say('stage.surface'), 'aria-description': say('stage.surface.help')},
    parts.scene,
    parts.lines,
    parts.labels,
    parts.tool,
    parts.divider,
    parts.names,
    parts.ring,
  );
  const strip = make(
    page,
    'div',
    {class: 'rd-strip', hidden: true},
    make(page, 'span', {class: 'rd-strip-first'}, say('strip.drag')),
    ...(services.startActions?.length ? [make(page, 'span', {}, say('strip.or'))] : []),
    ...(services.startActions ?? []).map(({label, run}) => make(page, 'button', {type: 'button', class: 'rd-button', click: run}, label)),
  );
  return {...parts, surface, strip};
}

/** @typedef {ReturnType<typeof makeParts>} Parts */
