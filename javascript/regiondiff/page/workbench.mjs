// The workbench: one document, its surface and its brushes, and what is done to them wherever they are. Hosts of it add their panels.

import {Editor} from '../document/editor.mjs';
import {readPreferences} from '../keeping/preferences.mjs';
import {createSelection} from '../stage/bench.mjs';
import {say} from '../strings.mjs';
import {Toasts} from './toasts.mjs';

/** @import {Brush, Change, State} from '../document/types.d.ts' */
/** @import {Stage} from '../stage/stage.mjs' */
/** @import {Inspector} from '../panel/inspector.mjs' */
/** @import {BrushList} from '../panel/brush_list.mjs' */
/** @import {Keeper} from '../keeping/keeper.mjs' */
/** @typedef {Workbench & {stage: Stage, list: BrushList, inspector: Inspector, keeper: Keeper, sheets: {close(): void}}} Furnished with what its host makes; sheets lie over the surface on a narrow page */

export class Workbench {
  /** @param {HTMLElement} root @param {() => State} makeEmpty a document to begin with */
  constructor(root, makeEmpty) {
    this.root = root;
    this.page = root.ownerDocument;
    this.say = say;
    this.stopper = new AbortController();
    this.selection = createSelection();
    this.makeEmpty = makeEmpty;
    this.editor = new Editor(makeEmpty());
    /** @type {Map<string, {hidden?: boolean, locked?: boolean}>} */
    this.states = new Map();
    this.preferences = readPreferences();
    this.toasts = new Toasts(this.page);
  }

  // changes

  /** @this {Furnished} @param {Change} change */
  changed(change) {
    if (change.size || change.order || change.palette || !Object.keys(change).length) this.refresh();
    if (!this.editor.session) this.keeper.later();
  }

  /** @this {Furnished} */
  refresh() {
    const {brushes} = this.editor.state.palette;
    const active = this.selection.get();
    if (active !== null && !this.findBrush(active)) return this.selection.set(brushes.at(-1)?.id ?? null);
    this.list.refresh();
    this.inspector.refresh();
  }

  /** What a host keeps beside the document. @returns {object} */
  more() {
    return {};
  }

  /** What it kept is back. @param {any} more */
  takeMore(more) {
    void more;
  }

  // brushes

  /** @param {string | null} id @returns {Brush | null} */
  findBrush(id) {
    return this.editor.state.palette.brushes.find((brush) => brush.id === id) ?? null;
  }

  /** @param {string} id */
  brushState(id) {
    return this.states.get(id) ?? {};
  }

  /** @this {Furnished} @param {string} id @param {{hidden?: boolean, locked?: boolean}} state */
  setBrushState(id, state) {
    this.states.set(id, {...this.brushState(id), ...state});
    this.stage.brushesChanged();
    this.changed({palette: true});
  }

  /** @param {string} id @param {string} name @param {unknown} value undefined leaves the field out */
  setField(id, name, value) {
    this.editor.change(name, (palette) => {
      const brush = palette.brushes.find((each) => each.id === id);
      if (brush && value === undefined) delete brush[name];
      else if (brush) brush[name] = value;
    }, {merge: `${name} ${id}`});
  }

  /** @this {Furnished} */
  addBrush() {
    const id = this.editor.addBrush();
    this.selection.set(id);
    // its first stroke is followed by its prompt
    this.stage.bench.made = id;
    this.stage.focus();
    return id;
  }

  /** The next stroke makes a brush. @this {Furnished} */
  beginRegion() {
    this.editor.seal();
    this.selection.set(null);
    this.sheets.close();
    this.stage.focus();
  }

  /** Say something in the place for that; a note goes by itself. @param {string} text @param {Parameters<Toasts['tell']>[1]} [how] */
  tell(text, how) {
    this.toasts.tell(text, how);
  }

  // documents

  /** Do something whose failure people should read. @param {() => unknown} run */
  async guard(run) {
    try {
      await run();
    } catch (error) {
      this.fail(error);
    }
  }

  /** @param {unknown} error */
  fail(error) {
    this.tell(/** @type {Error} */ (error).message);
  }

  /** @template {keyof typeof import('../files/documents.mjs')} Name @param {Name} name @param {Parameters<typeof import('../files/documents.mjs')[Name]> extends [any, ...infer Rest] ? Rest : never} rest */
  async withDocuments(name, ...rest) {
    await this.guard(async () => /** @type {any} */ ((await import('../files/documents.mjs'))[name])(this, ...rest));
  }

  /** @this {Furnished} @param {State} state @param {string} label */
  replace(state, label) {
    this.states.clear();
    this.editor.replace(state, label);
    this.selection.set(state.palette.brushes.at(-1)?.id ?? null);
    this.stage.brushesChanged();
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    const typing = /** @type {HTMLElement | null} */ (event.target)?.closest?.('input, textarea');
    const files = [...(event.clipboardData?.files ?? [])];
    if (typing || !files.length || event.defaultPrevented) return;
    event.preventDefault();
    this.withDocuments('takeFiles', files, files[0].type.startsWith('image/') ? 'background' : 'open');
  }
}
