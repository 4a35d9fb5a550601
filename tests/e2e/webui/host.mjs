// What the tests of a running WebUI need of it: its address, its own API, and the demo model.

import assert from 'node:assert/strict';

export const url = process.env.REGIONDIFF_WEBUI?.replace(/\/$/, '');
const MODEL = process.env.REGIONDIFF_WEBUI_MODEL ?? 'toyworld';
export const LORA = '<lora:toyworld-lcm:1>';

/** @param {string} route of the WebUI's own API @param {object} [body] */
export async function ask(route, body) {
  const how = body && {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}};
  const answer = await fetch(`${url}/sdapi/v1/${route}`, how);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** Have the demo model drawn with. */
export async function chooseModel() {
  const [options, models] = [await ask('options'), await ask('sd-models')];
  const model = models.find(({model_name: name}) => name === MODEL);
  assert.ok(model, `expected the model ${MODEL} in the WebUI: regiondiff demo export --webui FOLDER`);
  if (options.sd_model_checkpoint !== model.title) await ask('options', {sd_model_checkpoint: model.title});
}
