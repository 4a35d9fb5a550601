// The way to the tab "Semantic Palette" from elsewhere in the WebUI.

import {make} from '../stage/bars/dom.mjs';

/** @import {Workbench} from '../page/workbench.mjs' */

/** Open the tab; its button is the one at its place among the tabs. @param {Document} page */
export function openTab(page) {
  const tabs = page.getElementById('tabs');
  const items = [...(tabs?.children ?? [])].filter((each) => each.classList.contains('tabitem'));
  const at = items.findIndex(({id}) => id === 'tab_regiondiff');
  const buttons = tabs?.querySelector('.tab-nav, :scope > div:first-child')?.querySelectorAll('button');
  buttons?.[at]?.click();
  globalThis.scrollTo(0, 0);
}

/** The button that opens it. @param {Workbench} app @returns {HTMLElement} */
export function makeTabButton(app) {
  const {page, say} = app;
  const button = make(page, 'button', {type: 'button', class: 'rd-button', title: say('webui.tab.help'), click: () => openTab(page)}, say('webui.tab'));
  button.hidden = !page.getElementById('tab_regiondiff'); // people may hide tabs in the WebUI's settings
  return button;
}
