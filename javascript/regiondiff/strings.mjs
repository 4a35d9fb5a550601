// All visible strings, by their keys; `{name}` is put in.

/** @type {Record<string, string>} */
const STRINGS = {
  // the painting surface
  'stage.surface': 'Canvas',
  'stage.surface.help': 'Arrow keys move a cross; Enter starts and ends what the tool draws; Escape cancels. Space and a drag move the view.',
  'stage.tools': 'Tools',
  'stage.options': 'Options of the tool',
  'stage.cancelled': 'Cancelled',
  'tool.brush': 'Brush',
  'tool.rectangle': 'Rectangle',
  'tool.eraser': 'Eraser',
  'tool.ellipse': 'Ellipse',
  'tool.lasso': 'Lasso and polygon',
  'tool.fill': 'Fill',
  'tool.move': 'Move and scale',
  'tool.hand': 'Hand',
  'words.straight': 'Shift straight',
  'words.square': 'Shift square',
  'words.circle': 'Shift circle',
  'words.centre': 'Alt from centre',
  'words.subtract': 'Ctrl subtracts',
  'words.pan': 'Space pans',
  'words.cancel': 'Esc cancels',
  'words.corners': 'Drag draws, click sets corners',
  'words.close': 'Enter closes',
  'words.fill': 'Click an area',
  'words.pick': 'Click picks a brush',
  'words.aspect': 'corners: Shift keeps the aspect, Alt from centre',
  'words.arrows': 'arrow keys nudge',
  'words.hand': 'Drag moves the view, wheel zooms',
  'option.target': 'Paint on',
  'option.target.mask': 'mask',
  'option.target.mask.help': "Paint where the active brush's prompt applies",
  'option.target.colour': 'colour',
  'option.target.colour.help': 'Paint colours on the layer under the brushes',
  'option.colour': 'Colour',
  'option.operation': 'Add or subtract',
  'option.operation.add': 'add',
  'option.operation.add.help': 'Add to the area',
  'option.operation.subtract': 'subtract',
  'option.operation.subtract.help': 'Take from the area (or hold Ctrl)',
  'option.size': 'size',
  'option.size.help': 'Diameter in canvas pixels: [ and ]',
  'option.hardness': 'hardness',
  'option.hardness.help': 'How sharp the edge of the stroke is: Shift+[ and Shift+]',
  'option.opacity': 'opacity',
  'option.opacity.help': 'How much a stroke covers at most',
  'option.smoothing': 'smoothing',
  'option.smoothing.help': 'How much the stroke follows behind the pointer to be smooth',
  'option.pressureSize': 'Pen pressure sets the width',
  'option.pressureOpacity': 'Pen pressure sets the opacity',
  'option.more': 'Hardness, opacity, smoothing, pen',
  'option.off': 'off',
  'option.masks': 'masks',
  'option.masks.help': "How opaque the brushes' fills are",
  'option.zoom': 'Zoom',
  'view.overlay': 'Overlay',
  'view.split': 'Split',
  'view.picture': 'Picture',
  'view.brushes': 'Brushes',
  'command.previousTool': 'Previous tool',
  'command.smaller': 'Smaller',
  'command.larger': 'Larger',
  'command.softer': 'Softer',
  'command.harder': 'Harder',
  'command.switchTarget': 'Paint on the brush or on the colours',
  'command.switchOperation': 'Add or subtract',
  'command.clear': 'Clear the area',
  'command.invert': 'Invert the area',
  'command.select': 'Choose a brush by its number',
  'command.fit': 'Fit',
  'command.fullSize': '100 %',
  'command.zoomIn': 'Zoom in',
  'command.zoomOut': 'Zoom out',
  'strip.drag': 'Drag a region here',
  'strip.or': 'or',
  'drop.zones': 'Where to drop',
  'drop.background': 'Drop here to paint over this picture',
  'drop.open': 'Drop here to open: palette, project, picture with a palette',
  'tell.notLoaded': 'Not loaded. Is the server running? Try again.',
  'tell.noBrush': 'No brush is chosen. Paint one, or click one in the list.',
  'tell.locked': 'Brush {name} is locked. Unlock it in the list to change it.',
  'tell.hidden': 'Brush {name} is hidden. Show it in the list to change it.',
  'history.stroke': 'Brush stroke',
  'history.erase': 'Erase',
  'history.rectangle': 'Rectangle',
  'history.ellipse': 'Ellipse',
  'history.lasso': 'Polygon',
  'history.subtract': 'Subtract',
  'history.fill': 'Fill',
  'history.move': 'Move or scale',
  'history.clear': 'Clear the area',
  'history.invert': 'Invert the area',
  'history.addBrush': 'Add a brush',
  'brush.selected': 'Brush {number} {name}',
  'caret.begun': 'Started. Move with the arrow keys; Enter ends, Escape cancels.',
  'caret.over': 'x {x}, y {y}, brush {number} {name}',
  'caret.at': 'x {x}, y {y}, no brush',

  // the page
  'app.title': 'Semantic Palette',
  close: 'Close',
  'bar.undo': 'Undo {what} ({key})',
  'bar.redo': 'Redo {what} ({key})',
  'bar.size': 'Size of the canvas',
  'bar.file': 'File',
  'bar.examples': 'Examples',
  'bar.view': 'View',
  'edit.undo': 'Undo',
  'edit.redo': 'Redo',
  'sheet.done': 'Done',
  'run.title': 'Run',
  'run.generate': 'Generate',
  'run.stop': 'Stop · {percent} %',
  'run.waiting': 'Stop · {count} ahead',
  'run.gone': 'Stop waiting',
  'run.stop.help': 'Stop drawing; the last picture stays.',
  'run.left': 'About {seconds} s left.',
  'server.goneDrawing': 'The server does not answer. Nothing on this page is lost; drawing goes on when it is back.',
  'run.more': 'sampler and more',
  'run.count.help': 'How many pictures to draw, with seeds that follow one another.',
  'run.method.help': 'How regions become one picture.',
  'run.auto': 'auto: {words}',
  'run.notices': 'What to know before drawing',
  'run.pictures': 'Pictures',
  'run.noPictures': 'What is drawn stays here, with its palette.',
  'run.chance': 'random',
  'whole.title': 'Whole picture',
  'whole.hint': 'What is where no brush is, such as grass',
  'whole.more': 'negative, words for every brush, style',
  'brushes.title': 'Brushes',
  'brushes.unnamed': 'new brush',
  'brushes.list': 'Brushes, the uppermost first',
  'brushes.none': 'No brushes yet: drag on the canvas',
  'brushes.order': 'top first',
  'brushes.add': 'Add',
  'brushes.add.help': 'Add a brush (N), then paint where it applies',
  'inspector.title': 'The active brush',
  'inspector.empty': 'Drag on the canvas: a new brush starts, and you write here what it shows.',
  'field.same': 'as picture',
  'field.prompt': 'What it shows',
  'field.count': 'pictures',
  'field.method': 'method',
  'field.mixed': 'a mix',
  'start.lines': 'Type lines',
  'start.example': 'An example',
  'start.open': 'Open',
  'status.place': 'x {x} y {y}',
  'status.model': '{model} on {device}',
  'status.gone': 'the server does not answer',
  'server.gone': 'The server does not answer. Nothing on this page is lost; try again when it is back.',
  'help.keys': 'Shortcuts',
  'command.window': 'Fold the panels',
};

/** What is said in another language, by the same keys. @type {Record<string, string>} */
const TRANSLATED = {};

/** Say the strings in another language, those of modules that come later too. @param {Readonly<Record<string, string>>} more */
export function translate(more) {
  Object.assign(TRANSLATED, more);
}

/** @type {Record<string, string>} */
const WORDS = {};

/** Say English texts in the words of another list. @param {Readonly<Record<string, string>>} words */
export function useWords(words) {
  Object.assign(WORDS, words);
}

/** Strings that come later, with what needs them. @param {Readonly<Record<string, string>>} more */
export function addStrings(more) {
  Object.assign(STRINGS, more);
}

/** The text of a key. @param {string} key @param {Record<string, string | number>} [values] @returns {string} */
export function say(key, values = {}) {
  const english = STRINGS[key];
  const text = TRANSLATED[key] ?? (Object.hasOwn(WORDS, english) ? WORDS[english] : english);
  if (text === undefined) throw new Error(`strings.mjs: unknown key ${key}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
