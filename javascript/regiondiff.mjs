// The page's side of the extension: to open the accordion is to look at it; its tick, which is in the header, switches it on.
//
// The hosts' accordion with a tick binds both together until the tick is clicked. What it hears here is such a click, but one
// that turns nothing: only a mouse's does.

const TICK = '[id$="regiondiff_accordion-visible-checkbox"]';

const host = /** @type {{onUiLoaded(run: () => void): void, gradioApp(): ParentNode}} */ (/** @type {unknown} */ (globalThis));

host.onUiLoaded(() => {
  for (const tick of host.gradioApp().querySelectorAll(TICK)) tick.dispatchEvent(new Event('click'));
});
