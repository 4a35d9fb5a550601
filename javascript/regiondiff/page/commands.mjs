// Commands: what keys, buttons and menus do.

/** @import {App} from './app.mjs' */

/** @type {Record<string, (app: App) => unknown>} */
const COMMANDS = {
  'run.generate': (app) => app.drawing.toggle(),
  'edit.undo': (app) => app.stage.cancel() || app.editor.undo(),
  'edit.redo': (app) => app.stage.cancel() || app.editor.redo(),
  'brush.new': (app) => app.addBrush(),
  'brush.duplicate': (app) => onActive(app, 'duplicate'),
  'brush.remove': (app) => onActive(app, 'remove'),
  'brush.up': (app) => moveActive(app, 1),
  'brush.down': (app) => moveActive(app, -1),
  'file.open': (app) => app.withDocuments('runFileItem', 'file.open'),
  'file.save': (app) => app.withDocuments('runFileItem', 'file.saveJson'),
  'view.window': (app) => app.root.classList.toggle('rd-wide'),
  'help.keys': (app) => app.shortcuts.openSheet(),
};

/** @param {App} app @param {string} command */
export function runCommand(app, command) {
  return COMMANDS[command] ? COMMANDS[command](app) : app.stage.run(command);
}

/** @param {App} app @param {string} name */
function onActive(app, name) {
  const id = app.selection.get();
  return id !== null && runOnBrush(app, name, id);
}

/** @param {App} app @param {number} by */
function moveActive(app, by) {
  const ids = app.editor.state.palette.brushes.map(({id}) => id);
  const at = ids.indexOf(app.selection.get() ?? '');
  if (at >= 0 && ids[at + by] !== undefined) app.editor.moveBrush(ids[at], at + by);
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
