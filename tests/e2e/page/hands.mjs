// What a person does on the page: real pointer and key events, everything in canvas pixels; the actions are counted.

import {findBrowser} from '../stage/stage_page.mjs';

export {findBrowser};

/** Longest wait for a picture of the demo model on a busy machine. */
export const DRAWN = 300_000;

export class Hands {
  constructor(page, session) {
    this.page = page;
    this.session = session;
    this.actions = 0;
  }

  /** Open the page and wait until it can be used. @param {string} address */
  async open(address) {
    await this.page.goto(address);
    await this.loaded();
  }

  async loaded() {
    await this.page.waitForFunction(() => window.app && app.verdict !== null && app.stage.workshop.ready.has(app.stage.settings.values.tool));
  }

  async reload() {
    await this.page.reload();
    await this.loaded();
  }

  /** Where a place of the canvas is on the page. @returns {Promise<{x: number, y: number}>} */
  place(x, y) {
    return this.page.evaluate(([x, y]) => {
      const {left, top} = app.stage.parts.surface.getBoundingClientRect();
      return {x: left + app.stage.view.x + x * app.stage.view.zoom, y: top + app.stage.view.y + y * app.stage.view.zoom};
    }, [x, y]);
  }

  /** Drag with the mouse: one action. @param {number[]} from @param {number[]} to */
  async drag(from, to) {
    this.actions += 1;
    const [start, end] = [await this.place(...from), await this.place(...to)];
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    await this.page.mouse.move((start.x + end.x) / 2, (start.y + end.y) / 2, {steps: 4});
    await this.page.mouse.move(end.x, end.y, {steps: 4});
    await this.page.mouse.up();
    await this.lifted();
  }

  /** Until what was drawn is a step of the history; a tool that comes late draws when it has come. */
  async lifted() {
    await this.page.evaluate(() => app.stage.workshop.load(app.stage.settings.values.tool));
    return this.page.waitForFunction(() => !app.stage.gestures.pressed && !app.editor.session);
  }

  /** Type a text into the field that has the focus, or is about to: one action. @param {string} text */
  async type(text) {
    this.actions += 1;
    await this.page.waitForFunction(() => document.activeElement?.matches('input, textarea'));
    await this.page.keyboard.type(text);
  }

  /** @param {string} key */
  async press(key) {
    this.actions += 1;
    await this.page.keyboard.press(key);
  }

  /** Have a tool in the hand. @param {string} tool @param {object} [settings] */
  take(tool, settings = {}) {
    return this.page.evaluate(async ([tool, settings]) => {
      app.stage.settings.set({tool, ...settings});
      await app.stage.workshop.load(tool);
    }, [tool, settings]);
  }

  /** A stroke of a pen. @param {number[]} from @param {number[]} to @param {number} force */
  async pen(from, to, force) {
    const send = async (type, [x, y], down) => this.session.send('Input.dispatchMouseEvent', {type, ...(await this.place(x, y)), pointerType: 'pen', button: 'left', buttons: down ? 1 : 0, force: down ? force : 0, clickCount: 1});
    await send('mousePressed', from, true);
    for (let step = 1; step <= 8; step += 1) await send('mouseMoved', [from[0] + ((to[0] - from[0]) * step) / 8, from[1] + ((to[1] - from[1]) * step) / 8], true);
    await send('mouseReleased', to, false);
    await this.lifted();
  }

  /** Fingers: one list of points for each moment; all are lifted at the end. @param {number[][][]} moments */
  async touch(...moments) {
    for (const [index, points] of moments.entries()) {
      const touchPoints = [];
      for (const [x, y] of points) touchPoints.push({...(await this.place(x, y)), id: touchPoints.length});
      await this.session.send('Input.dispatchTouchEvent', {type: index ? 'touchMove' : 'touchStart', touchPoints});
    }
    await this.session.send('Input.dispatchTouchEvent', {type: 'touchEnd', touchPoints: []});
    await this.lifted();
  }

  /** Press Generate and wait for the picture; the place of its file. @param {string} file */
  async draw(file) {
    const before = await this.page.evaluate(() => app.pictures.length);
    await this.page.keyboard.press('Control+Enter');
    await this.page.waitForFunction((before) => app.pictures.length > before && !app.job, before, {timeout: DRAWN});
    return this.savePicture(file);
  }

  /** The last picture as a file. @param {string} file */
  async savePicture(file) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.page.evaluate(() => void app.withDocuments('download', app.pictures[0]))]);
    await download.saveAs(file);
    return file;
  }

  /** The palette as files would hold it. */
  palette() {
    return this.page.evaluate(async () => {
      const {toPalette} = await import(new URL('../document/palette_json.mjs', document.querySelector('script[type=module]').src).href);
      return toPalette(app.editor.state);
    });
  }

  brushes() {
    return this.page.evaluate(() => app.editor.state.palette.brushes.map(({id, name, prompt}) => ({id, name, prompt})));
  }

  /** How much a brush covers of the canvas, 0..1. @param {string} id */
  share(id) {
    return this.page.evaluate((id) => {
      const {size, state} = app.editor;
      let sum = 0;
      for (const number of state.masks.get(id)?.tiles.keys() ?? []) for (const value of app.editor.tileOf(id, number)) sum += value;
      return sum / 255 / size.width / size.height;
    }, id);
  }

  /** Have all that was done until now kept in the browser, and wait for it. */
  async saved() {
    await this.page.waitForFunction(() => app.keeper.autosave?.slots.slot);
    await this.page.evaluate(() => app.keeper.autosave.save());
    await this.page.waitForFunction(() => document.querySelector('.rd-saved').textContent.startsWith('saved'));
  }

  /** A button, by what people or screen readers are told. @param {string | RegExp} name */
  button(name) {
    return this.page.getByRole('button', {name});
  }

  /** Open a menu of the bar and choose. @param {string} menu @param {string | RegExp} item */
  async choose(menu, item) {
    await this.page.getByRole('banner').getByRole('button', {name: menu}).click();
    await this.page.getByRole('menuitem', {name: item}).click();
  }

  /** Choose a file by the file menu. @param {string} item @param {string} file */
  async openFile(item, file) {
    const [chooser] = await Promise.all([this.page.waitForEvent('filechooser'), this.choose('File', item)]);
    await chooser.setFiles(file);
  }
}
