// Commands: what keys, buttons and menus do.

/** @import {App} from './app.mjs' */

/** @type {Record<string, (app: App) => unknown>} */
const COMMANDS = {
  'run.generate': (app) => app.drawing.toggle(),
  'edit.undo': (app) => app.stage.cancel() || app.editor.undo(),
  'edit.redo': (app) => app.stage.cancel() || app.editor.redo(),
  'brush.new': (app) => app.addBrush(),
  'brush.duplicate': (app) => app.selection.get() && runOnBrush(app, 'duplicate', app.selection.get() ?? ''),
  'brush.up': (app) => app.moveActive(1),
  'brush.down': (app) => app.moveActive(-1),
  'file.open': (app) => app.withDocuments('runFileItem', 'file.open'),
  'file.save': (app) => app.withDocuments('runFileItem', 'file.saveJson'),
  'view.window': (app) => app.root.classList.toggle('rd-wide'),
  'help.keys': (app) => app.shortcuts.openSheet(),
};

/** @param {App} app @param {string} command */
export function runCommand(app, command) {
  return COMMANDS[command]?.(app);
}

/** @param {App} app @param {string} name @param {string} id of the brush */
export async function runOnBrush(app, name, id) {
  const {editor} = app;
  if (name === 'duplicate') app.selection.set(editor.duplicateBrush(id));
  else if (name === 'invert') editor.invert(id);
  else if (name === 'clear') editor.clear(id);
  else if (name === 'mergeDown') editor.mergeDown(id);
  else if (name === 'remove') editor.removeBrush(id);
  else if (name === 'exportMask') await app.withDocuments('exportMask', id);
}
