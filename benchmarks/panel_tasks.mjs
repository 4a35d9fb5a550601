// The ten tasks, the panels that they are done in, and the table of what was counted.

import {COUPLE} from './panel_couple.mjs';
import {OURS} from './panel_ours.mjs';
import {PROMPTER} from './panel_prompter.mjs';
import {TILED} from './panel_tiled.mjs';

/** @typedef {import('./panel_hands.mjs').Hands} Hands */
/** @typedef {{number: number, begin?(hands: Hands): Promise<void>, run(hands: Hands): Promise<void>, check(hands: Hands): Promise<void>}} Task */
/** @typedef {{panel: string, task: number, actions?: number, steps?: string[], failed?: string}} Line */

/** What the tasks are, by number from 1. */
export const NAMES = [
  'two columns from a typed prompt',
  'two boxes where one wants them, with prompts',
  'two areas drawn by hand, with prompts',
  'a negative for one region',
  'how much one region counts',
  'save the regions under a name',
  'load them',
  'the regions of an old picture',
  'the same regions in img2img',
  'move a region',
];

/** Tasks by panel, and the part of the page that tells that the panel is there. @type {Record<string, {sign: string, tasks: Task[]}>} */
export const PANELS = {
  'Region Diffusion': {sign: '[id$="_regiondiff_accordion"]', tasks: OURS},
  'Forge Couple': {sign: '#forge_couple_t2i', tasks: COUPLE},
  'Regional Prompter': {sign: '#RP_mode-t2i, #RP_modet2i', tasks: PROMPTER},
  'Tiled Diffusion': {sign: '#MD-bbox-control-t2i', tasks: TILED},
};

/** The table and the steps of what was counted, as Markdown. @param {readonly Line[]} lines */
export function makeReport(lines) {
  const panels = Object.keys(PANELS).filter((panel) => lines.some((line) => line.panel === panel));
  const find = (/** @type {string} */ panel, /** @type {number} */ task) => lines.findLast((line) => line.panel === panel && line.task === task);
  const tell = (/** @type {Line | undefined} */ line) => (line ? String(line.actions ?? 'failed') : '–');
  const rows = NAMES.map((name, index) => [index + 1, name, ...panels.map((panel) => tell(find(panel, index + 1)))]);
  const table = [['', 'task', ...panels], Array(panels.length + 2).fill('---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const steps = NAMES.flatMap((name, index) => [
    `${index + 1}. ${name}`,
    ...panels.flatMap((panel) => find(panel, index + 1)?.steps?.length ? [`   - ${panel}: ${find(panel, index + 1)?.steps?.join('; ')}`] : []),
  ]);
  return [...table, '', ...steps, ''].join('\n');
}
