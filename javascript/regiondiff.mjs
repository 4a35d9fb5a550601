// The page's side of the extension: the painting surface is loaded when its place in an accordion, or in a tab of its own, comes into sight.
//
// To open the accordion is to look at it; its tick, which is in the header, switches it on. The hosts' accordion with a tick
// binds both together until the tick is clicked. What it hears here is such a click, but one that turns nothing: only a mouse's does.

const TICK = '[id$="regiondiff_accordion-visible-checkbox"]';
const PLACE = '.regiondiff-surface';

const host = /** @type {{onUiLoaded(run: () => void): void, gradioApp(): ParentNode}} */ (/** @type {unknown} */ (globalThis));

host.onUiLoaded(() => {
  for (const tick of host.gradioApp().querySelectorAll(TICK)) tick.dispatchEvent(new Event('click'));
  for (const place of host.gradioApp().querySelectorAll(PLACE)) waitFor(/** @type {HTMLElement} */ (place));
});

/** @param {HTMLElement} place */
function waitFor(place) {
  const sight = new IntersectionObserver((seen) => {
    if (!seen.some(({isIntersecting}) => isIntersecting)) return;
    sight.disconnect();
    open(place);
  });
  sight.observe(place);
}

/** @param {HTMLElement} place */
async function open(place) {
  try {
    const {openSurface} = await import(new URL(`${place.dataset.modules}${place.dataset.door ?? 'webui/main.mjs'}`, document.baseURI).href);
    Object.assign(place, {regiondiff: await openSurface(place)}); // for people who look under the bonnet, and for tests
  } catch (error) {
    place.textContent = `The painting surface could not be loaded: ${error instanceof Error ? error.message : error}`;
    place.setAttribute('role', 'alert');
    place.classList.add('regiondiff-failed'); // the palette's text shows instead
  }
}
