// What tests of the surface do to the document beside painting, and how they look at it.

import {Editor} from '/javascript/regiondiff/document/editor.mjs';
import {emptyState} from '/javascript/regiondiff/document/state.mjs';
import {countColumns, SIDE} from '/javascript/regiondiff/document/tiles.mjs';

/** @param {{width: number, height: number}} size */
export function makeLab(size) {
  const editor = new Editor(emptyState(size));
  const tiles = (id) => [...editor.maskOf(id).tiles.keys()].map((number) => editor.tileOf(id, number));
  return {
    editor,
    /** A brush of a shape on top. @returns {string} its id */
    addShape(shape, name = '') {
      const id = editor.addBrush({name});
      const session = editor.stroke(id);
      session.shape(shape, false);
      session.commit();
      return id;
    },
    /** How many steps can be undone. */
    steps: () => editor.steps.length - 1,
    coverAt: (id, x, y) => editor.tileOf(id, (y >> 6) * countColumns(editor.size) + (x >> 6))?.[(y & 63) * SIDE + (x & 63)] ?? 0,
    areaOf: (id) => tiles(id).reduce((sum, tile) => sum + tile.reduce((own, cover) => own + (cover >= 128 ? 1 : 0), 0), 0),
  };
}
