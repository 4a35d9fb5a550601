// The door for a WebUI's page: puts the painting surface into its place in an accordion.

import {chooseLanguage, useLanguage} from '../languages.mjs';
import {useWords} from '../strings.mjs';
import {AccordionApp} from './accordion_app.mjs';
import {HostTab} from './host_tab.mjs';

const STYLES = ['../stage/stage.css', '../page/page.css', './webui.css'];

/** @param {HTMLElement} place in the accordion @returns {Promise<AccordionApp>} */
export async function openSurface(place) {
  const page = place.ownerDocument;
  const accordion = /** @type {HTMLElement | null} */ (place.closest('[id$="_regiondiff_accordion"]'));
  if (!accordion) throw new Error('expected the place of the painting surface in our accordion, got another one');
  const [start] = await Promise.all([load(new URL('../../../../start', import.meta.url)), ...STYLES.map((style) => addStyle(page, new URL(style, import.meta.url)))]);
  await speak(start.language);
  for (let above = place.parentElement; above && above !== accordion; above = above.parentElement) above.classList.remove('prose'); // the WebUI's styles of texts
  const app = new AccordionApp(place, new HostTab(accordion), start);
  await app.start();
  return app;
}

/** Say all in the language of the WebUI's localisation, or in its words where that is none of ours. @param {string} language the localisation's name */
export async function speak(language) {
  await useLanguage([language]);
  const {localization} = /** @type {{localization?: Record<string, string>}} */ (globalThis);
  if (chooseLanguage([language]) === null) useWords(localization ?? {});
}

/** @param {URL} url */
export async function load(url) {
  const response = await fetch(url);
  const data = await response.json();
  if (!response.ok) throw new Error(data.error?.message ?? response.statusText);
  return data;
}

/** @param {Document} page @param {URL} url @returns {Promise<void>} */
export function addStyle(page, url) {
  if (page.head.querySelector(`link[href="${url.href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = Object.assign(page.createElement('link'), {rel: 'stylesheet', href: url.href, onload: () => resolve(), onerror: () => reject(new Error(`${url.pathname} could not be loaded`))});
    page.head.append(link);
  });
}
