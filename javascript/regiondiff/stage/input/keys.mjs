// Keys of the surface: which commands there are and which keys call them. Pure; the page's table of shortcuts reads COMMANDS.

/** @typedef {{id: string, keys: readonly string[], group: string, label: string}} Command `label` is a key of the strings */

/** @type {readonly Command[]} */
export const COMMANDS = [
  ...[
    ['brush', 'B'],
    ['rectangle', 'R'],
    ['eraser', 'E'],
    ['ellipse', 'O'],
    ['lasso', 'L'],
    ['fill', 'G'],
    ['move', 'V'],
    ['hand', 'H'],
  ].map(([tool, key]) => ({id: `tool.${tool}`, keys: [key], group: 'tools', label: `tool.${tool}`})),
  {id: 'tool.previous', keys: ['X'], group: 'tools', label: 'command.previousTool'},
  {id: 'size.down', keys: ['['], group: 'tools', label: 'command.smaller'},
  {id: 'size.up', keys: [']'], group: 'tools', label: 'command.larger'},
  {id: 'hardness.down', keys: ['Shift+['], group: 'tools', label: 'command.softer'},
  {id: 'hardness.up', keys: ['Shift+]'], group: 'tools', label: 'command.harder'},
  {id: 'target.switch', keys: ['C'], group: 'tools', label: 'command.switchTarget'},
  {id: 'op.switch', keys: ['-'], group: 'tools', label: 'command.switchOperation'},
  {id: 'mask.clear', keys: ['Delete', 'Backspace'], group: 'brush', label: 'command.clear'},
  {id: 'mask.invert', keys: ['I'], group: 'brush', label: 'command.invert'},
  ...Array.from({length: 9}, (_, index) => ({id: `select.${index + 1}`, keys: [String(index + 1)], group: 'brush', label: 'command.select'})),
  {id: 'view.fit', keys: ['Ctrl+0'], group: 'view', label: 'command.fit'},
  {id: 'view.full', keys: ['Ctrl+1'], group: 'view', label: 'command.fullSize'},
  {id: 'view.in', keys: ['=', '+', 'Shift+='], group: 'view', label: 'command.zoomIn'},
  {id: 'view.out', keys: ['Shift+-', '_'], group: 'view', label: 'command.zoomOut'},
  {id: 'view.overlay', keys: ['Shift+1'], group: 'view', label: 'view.overlay'},
  {id: 'view.split', keys: ['Shift+2'], group: 'view', label: 'view.split'},
  {id: 'view.picture', keys: ['Shift+3'], group: 'view', label: 'view.picture'},
];

/** @type {Readonly<Record<string, string>>} names of keys that have another one under Shift or on another keyboard */
const CODES = {BracketLeft: '[', BracketRight: ']', Minus: '-', Equal: '=', Slash: '/', Comma: ',', Period: '.'};

/** @typedef {Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'> & {getModifierState?: (key: string) => boolean}} KeyPress */

/**
 * All names of a key press, such as `Shift+[` and `{`: the key by its character and by its place. Cmd counts as Ctrl.
 * @param {KeyPress} press @returns {string[]}
 */
export function keyNames(press) {
  const graph = press.getModifierState?.('AltGraph') ?? false; // types a character on many keyboards, with Ctrl and Alt told
  const before = `${!graph && (press.ctrlKey || press.metaKey) ? 'Ctrl+' : ''}${!graph && press.altKey ? 'Alt+' : ''}`;
  const shift = press.shiftKey ? 'Shift+' : '';
  const placed = placeName(press.code);
  const typed = press.key === ' ' ? 'Space' : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const letter = typed.length > 1 || /^[A-Z0-9]$/.test(typed);
  const names = letter ? [`${before}${shift}${typed}`] : [`${before}${typed}`, `${before}${shift}${typed}`];
  const foreign = /^[^ -~]$/u.test(press.key); // a letter of another script: the key counts by its place
  if (placed && (CODES[press.code] || foreign || press.shiftKey)) names.push(`${before}${shift}${placed}`);
  return [...new Set(names)];
}

/** @param {string} code */
function placeName(code) {
  return CODES[code] ?? /^(?:Key|Digit)(.)$/.exec(code)?.[1] ?? null;
}

/** The command of a key press, or null. @param {KeyPress} press @param {readonly Command[]} [commands] @returns {Command | null} */
export function findCommand(press, commands = COMMANDS) {
  const names = keyNames(press);
  return commands.find((command) => command.keys.some((key) => names.includes(key))) ?? null;
}
