// Several pictures by one press of Generate, in the tab "Semantic Palette".

import assert from 'node:assert/strict';
import {ask} from './host.mjs';

/** @typedef {import('./tab_visitor.mjs').TabVisitor} TabVisitor */

const NAMES = ['show_progress_every_n_steps', 'show_progress_type'];
const [STEPS, LONG] = [6, 24]; // in the second the press of Stop comes in time on a busy machine too

/** @param {TabVisitor} visitor in the tab, with a palette, at seed 8 */
export async function drawBatches(visitor) {
  const before = Object.entries(await ask('options')).filter(([name]) => NAMES.includes(name));
  await ask('options', {show_progress_every_n_steps: 1, show_progress_type: 'Approx cheap'});
  const pictures = await visitor.withApp((app) => app.drawing.pictures.length);
  const steps = await visitor.part('[data-field="steps"] input').inputValue();
  try {
    const whole = [...(await drawAll(visitor)), ...(await stopInside(visitor))];
    assert.equal(await visitor.withApp((app) => app.drawing.pictures.length), pictures + whole.length);
  } finally {
    await ask('options', Object.fromEntries(before));
  }
  for (const [name, value] of [['batch_count', 1], ['batch_size', 1], ['steps', steps]]) await set(visitor, name, value);
  await visitor.withApp((app, keep) => (app.drawing.pictures.splice(0, app.drawing.pictures.length - keep), app.drawing.show(app.drawing.pictures[0])), pictures);
}

/** Two batches of two: four seeds from the first on, previews in the aspect of one picture. @param {TabVisitor} visitor */
async function drawAll(visitor) {
  for (const [name, value] of [['batch_count', 2], ['batch_size', 2], ['steps', STEPS]]) await set(visitor, name, value);
  await visitor.withApp((app) => {
    const {stage} = app;
    app.seen = [];
    stage.setPicture = (picture) => (picture && app.seen.push(picture.width / picture.height), Object.getPrototypeOf(stage).setPicture.call(stage, picture));
  });
  await visitor.part('.rd-generate').click();
  await visitor.rest();
  const seen = await visitor.withApp((app) => (delete app.stage.setPicture, app.seen));
  const aspect = await visitor.withApp((app) => app.editor.size.width / app.editor.size.height);
  assert.ok(seen.length > 4 && seen.every((each) => each === aspect), `previews and pictures: ${seen}`); // four are pictures
  const seeds = (await visitor.pictures()).slice(0, 4).map(({seed}) => seed);
  assert.deepEqual(seeds, [8, 9, 10, 11]);
  return seeds;
}

/** By the WebUI's settings the first press of Stop lets the batch end that is drawn, or cuts it; what is whole is kept. @param {TabVisitor} visitor */
async function stopInside(visitor) {
  for (const [name, value] of [['batch_count', 3], ['steps', LONG]]) await set(visitor, name, value);
  const {length} = await visitor.pictures();
  await visitor.part('.rd-generate').click();
  await visitor.untilApp((app) => app.drawing.job?.step > 40); // in the second of three
  await visitor.part('.rd-generate').click();
  await visitor.rest();
  const seeds = (await visitor.pictures()).slice(0, -length).map(({seed}) => seed);
  const finishes = await visitor.withApp((app) => app.drawing.host.settings.interrupt_after_current); // AUTOMATIC1111 and Forge do, Neo does not
  assert.deepEqual(seeds, finishes ? [8, 9, 10, 11] : [8, 9]);
  return seeds;
}

/** @param {TabVisitor} visitor @param {string} name @param {number | string} value */
async function set(visitor, name, value) {
  await visitor.part(`.rd-run [data-field="${name}"] input`).fill(String(value));
}
