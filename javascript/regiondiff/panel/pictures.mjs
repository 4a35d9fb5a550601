// The last pictures, the newest first: a click looks at one, with Alt its palette comes back; what else can be done with one stands below.

import '../strings_later.mjs';
import {make} from '../stage/bars/dom.mjs';
import {makeIcon} from './icons.mjs';
import {METHODS} from './run_panel.mjs';

/** @import {App, Picture} from '../page/app.mjs' */

export class PictureList {
  /** @param {App} app @param {HTMLElement} root */
  constructor(app, root) {
    this.app = app;
    const {page, say} = app;
    this.grid = make(page, 'div', {class: 'rd-grid'});
    this.title = make(page, 'span', {class: 'rd-seed'});
    const button = (/** @type {string} */ key, /** @type {string} */ icon, /** @type {(picture: Picture) => unknown} */ run) => make(page, 'button', {type: 'button', class: 'rd-button rd-square', title: say(key), 'aria-label': say(key), click: () => app.drawing.shown && run(app.drawing.shown)}, makeIcon(page, icon));
    this.tools = make(
      page,
      'div',
      {class: 'rd-picture-tools', role: 'toolbar', 'aria-label': say('picture.tools')},
      this.title,
      button('picture.restore', 'restore', (picture) => app.withDocuments('restore', picture)),
      button('picture.below', 'below', (picture) => app.withDocuments('paintOver', picture)),
      button('picture.download', 'download', (picture) => app.withDocuments('download', picture)),
      button('picture.copy', 'copy', (picture) => app.withDocuments('copyPicture', picture)),
    );
    const {auto: _, ...methods} = METHODS;
    const compare = () => app.guard(async () => (await import('./compare.mjs')).drawByEach(app, methods));
    const compared = make(page, 'button', {class: 'rd-button rd-compare', type: 'button', title: say('picture.compare.help'), hidden: 'comparesElsewhere' in app.drawing, click: compare}, say('picture.compare'));
    root.replaceChildren(this.tools, this.grid, compared);
    /** @type {Map<string, HTMLElement>} */
    this.made = new Map();
  }

  refresh() {
    const {pictures, shown} = this.app.drawing;
    const looks = pictures.map((picture) => this.made.get(picture.id) ?? this.makeLook(picture));
    this.made = new Map(pictures.map(({id}, index) => [id, looks[index]]));
    if (looks.some((look, index) => this.grid.children[index] !== look) || this.grid.children.length !== looks.length) this.grid.replaceChildren(...looks);
    for (const [id, look] of this.made) look.setAttribute('aria-pressed', String(shown?.id === id));
    this.tools.classList.toggle('rd-idle', !shown);
    this.title.textContent = shown ? this.app.say('picture.seed', {seed: shown.seed}) : '';
  }

  /** @param {Picture} picture */
  makeLook(picture) {
    const {app} = this;
    const label = app.say('picture.look', {seed: picture.seed});
    const look = (/** @type {MouseEvent} */ event) => {
      if (event.altKey) app.withDocuments('restore', picture);
      else app.drawing.show(app.drawing.shown === picture ? null : picture);
    };
    return make(app.page, 'button', {type: 'button', class: 'rd-look', 'aria-label': label, title: app.say('picture.help'), click: look}, make(app.page, 'img', {src: picture.address, alt: ''}));
  }
}
