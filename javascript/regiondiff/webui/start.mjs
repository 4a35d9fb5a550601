// Ways to begin, beside a stroke: lines of the prompt, an example, a file.

import {fromPalette} from '../document/palette_reading.mjs';
import {openMenu} from '../page/menu.mjs';

/** @import {AccordionApp} from './accordion_app.mjs' */

const OPENED = '.json,.ora,.zip,.regiondiff';

/** @param {AccordionApp} app @returns {{label: string, run(): void}[]} */
export function makeStart(app) {
  const {say} = app;
  return [
    {label: say('start.lines'), run: () => app.frame.show('type')},
    {label: say('start.example'), run: () => showMenu(app, app.start_.presets.map(({name, palette}) => ({label: name, run: () => use(app, palette)})))},
    {
      label: say('start.open'),
      run: () => showMenu(app, [
        {label: say('webui.file'), run: () => choose(app)},
        {label: say('webui.json'), run: () => app.frame.show('json')},
      ]),
    },
  ];
}

/** @param {AccordionApp} app @param {import('../page/menu.mjs').Item[]} items */
function showMenu(app, items) {
  const box = (app.page.activeElement ?? app.root).getBoundingClientRect();
  openMenu(app.asPage(), {x: box.left, y: box.bottom}, items);
}

/** A preset as the document, in the picture's size. @param {AccordionApp} app @param {any} palette */
async function use(app, palette) {
  app.replace(await fromPalette({...palette, size: app.editor.size}, app.services.schema), 'example');
}

/** @param {AccordionApp} app */
function choose(app) {
  const field = Object.assign(app.page.createElement('input'), {type: 'file', accept: OPENED});
  field.addEventListener('change', () => app.withDocuments('takeFiles', [...(field.files ?? [])], 'open'));
  field.click();
}
