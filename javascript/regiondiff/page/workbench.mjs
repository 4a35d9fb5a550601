// The workbench: one document, its surface and its brushes, and what is done to them wherever they are. Hosts of it add their panels.

import {readPreferences} from '../keeping/preferences.mjs';
import {createSelection} from '../stage/bench.mjs';
import {say} from '../strings.mjs';
import {Toasts} from './toasts.mjs';

/** @import {Brush, State} from '../document/types.d.ts' */
/** @import {Editor} from '../document/editor.mjs' */
/** @import {Stage} from '../stage/stage.mjs' */
/** @import {Inspector} from '../panel/inspector.mjs' */
/** @import {BrushList} from '../panel/brush_list.mjs' */
/** @import {Keeper} from '../keeping/keeper.mjs' */

export class Workbench {
  /** @type {Stage} */
  stage = /** @type {any} */ (null); // what is null here the host of it makes
  /** @type {BrushList} */
  list = /** @type {any} */ (null);
  /** @type {Inspector} */
  inspector = /** @type {any} */ (null);
  /** @type {Keeper} */
  keeper = /** @type {any} */ (null);

  /** @param {HTMLElement} root @param {Editor} editor */
  constructor(root, editor) {
    this.root = root;
    this.page = root.ownerDocument;
    this.say = say;
    this.stopper = new AbortController();
    this.selection = createSelection();
    this.editor = editor;
    /** @type {Map<string, {hidden?: boolean, locked?: boolean}>} */
    this.states = new Map();
    this.preferences = readPreferences();
    this.toasts = new Toasts(this.page);
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

  /** @param {string} id @param {{hidden?: boolean, locked?: boolean}} state */
  setBrushState(id, state) {
    this.states.set(id, {...this.brushState(id), ...state});
    this.stage.brushesChanged();
    this.list.refresh();
    this.keeper.later();
  }

  /** @param {string} id @param {string} name @param {unknown} value undefined leaves the field out */
  setField(id, name, value) {
    this.editor.change(name, (palette) => {
      const brush = palette.brushes.find((each) => each.id === id);
      if (brush && value === undefined) delete brush[name];
      else if (brush) brush[name] = value;
    }, {merge: `${name} ${id}`});
  }

  addBrush() {
    const id = this.editor.addBrush();
    this.selection.set(id);
    this.stage.bench.made = id; // its first stroke is followed by its prompt
    this.stage.focus();
    return id;
  }

  /** The next stroke makes a brush. */
  beginRegion() {
    this.editor.seal();
    this.selection.set(null);
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
      this.tell(error instanceof TypeError && /fetch|load/i.test(error.message) ? say('server.gone') : /** @type {Error} */ (error).message);
    }
  }

  /** @template {keyof typeof import('../files/documents.mjs')} Name @param {Name} name @param {Parameters<typeof import('../files/documents.mjs')[Name]> extends [any, ...infer Rest] ? Rest : never} rest */
  async withDocuments(name, ...rest) {
    await this.guard(async () => /** @type {any} */ ((await import('../files/documents.mjs'))[name])(this, ...rest));
  }

  /** @param {State} state @param {string} label */
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
