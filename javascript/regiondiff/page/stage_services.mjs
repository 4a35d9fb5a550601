// What the surface asks of the page.

import {say} from '../strings.mjs';

/** @import {App} from './app.mjs' */
/** @import {Services} from '../stage/types.d.ts' */

/** @param {App} app @returns {Services} */
export function makeStageServices(app) {
  return {
    say,
    selection: app.selection,
    focusPrompt: (id) => app.focusPrompt(id, true),
    brushState: (id) => app.brushState(id),
    takeFiles: (files, zone) => void app.withDocuments('takeFiles', files, zone),
    showPointer: (place) => app.status.showPlace(place),
    settings: app.preferences.stage ?? {tool: 'rectangle', previous: 'brush'},
    keepSettings: (values) => {
      app.preferences.stage = {...values};
      app.keepPreferences();
    },
    findCommand: (press) => app.shortcuts.findOnStage(press),
    keyOf: (command) => app.shortcuts.keyOf(command),
    startActions: [
      {label: say('start.lines'), run: () => void app.withDocuments('typeLines')},
      {label: say('start.example'), run: () => void app.withDocuments('openExamples', null)},
      {label: say('start.open'), run: () => void app.withDocuments('runFileItem', 'file.open')},
    ],
  };
}
