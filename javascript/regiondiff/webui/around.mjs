// What is around a palette in the WebUI's tab, as the program behind it wants to know.

/** @import {HostControls} from './host_controls.mjs' */

/** @param {HostControls} controls */
export function readAround(controls) {
  const number = (/** @type {string} */ name) => Number(controls.read(name)) || null;
  return {prompt: controls.read('prompt'), negative: controls.read('neg_prompt'), guidance: number('cfg_scale'), steps: number('steps')};
}
