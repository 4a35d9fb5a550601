// What is sent: the palette as it would be drawn.

/** @import {App} from '../page/app.mjs' */
/** @import {State} from '../document/types.d.ts' */

/** The palette as it is drawn, without the brushes that are hidden, and the ids of its brushes. @param {App} app */
export async function readSent(app) {
  const {state} = app.editor;
  const brushes = state.palette.brushes.filter(({id}) => !app.brushState(id).hidden);
  return {palette: await writePalette({...state, palette: {...state.palette, brushes}}), ids: brushes.map(({id}) => id)};
}

/** @param {State} state */
export async function writePalette(state) {
  const {palette, masks, colour} = state;
  if (!masks.size && !palette.brushes.length && !colour.tiles.size && !palette.init) return palette;
  const {toPalette} = await import('../document/palette_json.mjs');
  const decode = colour.tiles.size ? (await import('../files/pictures.mjs')).decodeInBrowser : undefined;
  return toPalette(state, decode);
}
