// What the whole picture's panel has folded: negative, words for every brush, styles, and the picture below the brushes.

import '../strings_later.mjs';
import {openMenu} from '../page/menu.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeAnyField} from './rare_fields.mjs';

/** @import {App} from '../page/app.mjs' */
/** @import {Palette} from '../document/types.d.ts' */
/** @import {WholePicture} from './whole.mjs' */

/** @param {WholePicture} whole */
export function fillMore(whole) {
  const {app, schema, of} = whole;
  const {page, say} = app;
  const background = (/** @type {string} */ name) => whole.makeField(name, of[name], (palette) => palette.background);
  const words = ['prefix', 'suffix'].filter((name) => name in schema.properties).map((name) => whole.makeField(name, schema.properties[name], (palette) => palette));
  const styles = make(page, 'button', {class: 'rd-button', type: 'button', 'aria-haspopup': 'menu', click: () => app.guard(() => openStyles(app, styles))}, say('whole.styles'));
  const below = makeBelow(app, background('strength'));
  whole.shows.push(below.show);
  whole.more.append(background('negative'), background('share'), ...words, ...(app.about.styles === false ? [] : [styles]), below.root);
}

/** The picture under the brushes: whether it is painted on or the drawing starts from it. @param {App} app @param {HTMLElement} strength of painting on it */
function makeBelow(app, strength) {
  const {page, say} = app;
  const start = makeAnyField(app, 'below', {enum: ['onto', 'from'], default: 'onto'}, (value) => app.editor.change('background', (palette) => void (value === 'from' ? (palette.init = {strength: 0.75}) : delete palette.init)));
  const share = makeAnyField(app, 'init_strength', {type: 'number', minimum: 0, maximum: 1, default: 0.75, description: say('field.init_strength.help')}, (value) => app.editor.change('background', (palette) => void (palette.init = {.../** @type {object} */ (palette.init), strength: value}), {merge: 'init'}));
  const open = make(page, 'button', {type: 'button', class: 'rd-button', click: () => app.withDocuments('runFileItem', 'file.background')}, say('file.background'));
  const remove = make(page, 'button', {type: 'button', class: 'rd-button', click: () => removeBelow(app)}, say('file.noBackground'));
  const root = make(page, 'div', {class: 'rd-parts'}, make(page, 'h3', {}, say('whole.below')), open, start.root, strength, share.root, remove);
  const show = () => {
    const {palette, colour} = app.editor.state;
    const there = Boolean(palette.background.image) || colour.tiles.size > 0;
    const init = /** @type {{strength?: number} | null | undefined} */ (palette.init);
    start.show(init ? 'from' : 'onto');
    share.show(init?.strength);
    start.root.hidden = remove.hidden = !there;
    strength.hidden = !there || Boolean(init);
    share.root.hidden = !there || !init;
  };
  return {root, show};
}

/** @param {App} app */
function removeBelow({editor}) {
  const {init: _, ...palette} = editor.state.palette;
  editor.replace({...editor.state, palette: /** @type {Palette} */ ({...palette, background: {...palette.background, image: null}}), colour: {tiles: new Map()}}, 'background');
}

/** @param {App} app @param {HTMLElement} button */
async function openStyles(app, button) {
  /** @type {{styles: {name: string, words: string, negative: string}[]}} */
  const {styles} = await app.client.get('api/presets');
  const box = button.getBoundingClientRect();
  const add = (/** @type {{words: string, negative: string}} */ style) =>
    app.editor.change('style', (palette) => {
      palette.suffix = addWords(String(palette.suffix ?? ''), style.words);
      palette.background.negative = addWords(palette.background.negative ?? '', style.negative);
    });
  openMenu(app, {x: box.left, y: box.bottom}, styles.map((style) => ({label: style.name, help: style.words, run: () => add(style)})), button);
}

/** @param {string} text @param {string} words */
function addWords(text, words) {
  const known = text.split(',').map((each) => each.trim()).filter(Boolean);
  return [...known, ...words.split(',').map((each) => each.trim()).filter((each) => !known.includes(each))].join(', ');
}
