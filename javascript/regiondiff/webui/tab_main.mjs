// The door of the tab "Semantic Palette": puts the app into its place.

import {readAround} from './around.mjs';
import {findAsker} from './asking.mjs';
import {HostControls} from './host_controls.mjs';
import {addStyle, load, speak} from './main.mjs';
import {TabApp} from './tab_app.mjs';
import {Desk} from './tab_desk.mjs';
import {TabSide} from './tab_side.mjs';

const STYLES = ['../stage/stage.css', '../page/page.css', './tab.css'];

/** @param {HTMLElement} place in the tab @returns {Promise<TabApp>} */
export async function openSurface(place) {
  const page = place.ownerDocument;
  const accordion = /** @type {HTMLElement | null} */ (page.querySelector('#tab_txt2img [id$="_regiondiff_accordion"]'));
  const root = /** @type {HTMLElement | null} */ (place.closest('#tab_regiondiff'));
  if (!accordion || !root) throw new Error('expected the accordion Region Diffusion in txt2img, which draws for this tab; got none');
  const [start] = await Promise.all([load(new URL('../../../../start', import.meta.url)), ...STYLES.map((style) => addStyle(page, new URL(style, import.meta.url)))]);
  await speak(start.language);
  for (let above = place.parentElement; above && above !== root; above = above.parentElement) above.classList.remove('prose'); // the WebUI's styles of texts
  const controls = new HostControls(page, 'txt2img');
  const tab = new TabSide(accordion);
  const client = new Desk(findAsker(accordion), start, () => readAround(controls));
  const about = {limits: start.limits, native: 512, layered: false, styles: false, defaults: {...(tab.size ?? {width: 512, height: 512})}};
  const app = new TabApp(place, /** @type {any} */ ({client, about, schema: start.schema, rivals: start.rivals, tab, controls}));
  await app.start();
  return app;
}
