// Visible strings of the painting surface inside a WebUI.

import {addStrings} from './strings.mjs';

addStrings({
  'webui.views': 'How the regions are made',
  'webui.paint': 'Paint',
  'webui.paint.help': 'Paint where each prompt applies',
  'webui.type': 'Type',
  'webui.type.help': 'Each line of the main prompt is a region',
  'webui.json': 'JSON',
  'webui.json.help': "The palette's text, presets and saved palettes",
  'webui.linked': 'One palette here and in the other tabs. Press to part them.',
  'webui.parted': 'A palette of its own. Press to have it in the other tabs, too.',
  'webui.failed.show': 'Show the region',
  'webui.rivals': '{names} is on, too, and also says what goes where: Generate would end with an error. Switch one of them off.',
  'webui.full': 'Full window (F)',
  'webui.more': 'more',
  'webui.more.help': 'Further tools and what the tool in use can be set to',
  'webui.typed': "The main prompt's lines are the regions now.",
  'webui.typed.paint': 'Paint on them',
  'webui.typed.wait': 'The prompt makes no regions yet: type its lines, or see what the preview says.',
  'webui.strange': "The palette's text cannot be painted; below it says why.",
  'webui.strange.json': 'See the text',
  'webui.picture': 'A picture with a palette: drop it on PNG Info, and send it from there to this tab.',
  'webui.result': 'Show the last picture under the regions',
  'webui.generate': 'Generate',
  'webui.file': 'A file …',
  'webui.rest': 'whole picture',
  'webui.rest.help': 'What no region covers shows the main prompt.',
  'webui.tab': 'Palette',
  'webui.tab.help': 'Open the tab Semantic Palette, where there is more room',
});
