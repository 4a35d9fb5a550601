// The states of the page that people see, each made from the one before it as a person would.

/** @import {Hands} from './hands.mjs' */

/** @param {Hands} hands */
const close = (hands) => async () => {
  await hands.page.keyboard.press('Escape');
  await hands.page.keyboard.press('Escape');
};

/** Open a menu of the bar, or the dialog that its item leads to; what is returned closes it. @param {string} menu @param {RegExp} [item] */
const openMenu = (menu, item) => async (/** @type {Hands} */ hands) => {
  await hands.page.getByRole('banner').getByRole('button', {name: menu}).click();
  if (item) await hands.page.getByRole('menuitem', {name: item}).click();
  await hands.page.locator(item ? 'dialog[open]' : '.rd-menu').waitFor();
  return close(hands);
};

/** @type {Record<string, (hands: Hands) => Promise<void | (() => Promise<unknown>)>>} what is returned ends the state */
export const STATES = {
  async empty() {},
  'file menu': openMenu('File'),
  sizes: openMenu('×'),
  'another size': openMenu('×', /^Another size/),
  examples: async (hands) => {
    await hands.page.locator('.rd-strip button', {hasText: 'example'}).click();
    await hands.page.locator('.rd-menu').waitFor();
    return close(hands);
  },
  lines: async (hands) => {
    await hands.page.locator('.rd-strip button', {hasText: 'lines'}).click();
    await hands.page.locator('dialog[open]').waitFor();
    return close(hands);
  },
  async shortcuts(hands) {
    await hands.page.evaluate(() => app.run('help.keys'));
    await hands.page.locator('dialog[open]').waitFor();
    return close(hands);
  },
  async painted(hands) {
    await hands.drag([4, 120], [380, 252]);
    await hands.type('grass');
    await hands.page.evaluate(() => app.beginRegion());
    await hands.drag([60, 60], [170, 200]);
    await hands.type('a red house on grass');
    await hands.page.evaluate(() => app.beginRegion());
    await hands.drag([240, 40], [340, 210]);
    await hands.type('a green tree on grass');
    await hands.page.waitForFunction(() => Object.keys(app.verdict?.shares ?? {}).length === 3);
  },
  async generating(hands) {
    await hands.page.evaluate(() => {
      app.sheets.close();
      app.editor.change('steps', (palette) => (palette.steps = 40));
      app.run('run.generate');
    });
    await hands.page.waitForFunction(() => app.job?.step > 1 && app.job.preview);
    return async () => {
      await hands.page.evaluate(() => app.run('run.generate'));
      await hands.page.waitForFunction(() => !app.job);
      await hands.page.evaluate(() => app.editor.undo());
    };
  },
  async drawn(hands) {
    await hands.page.evaluate(() => app.run('run.generate'));
    await hands.page.waitForFunction(() => app.pictures.length && !app.job);
  },
  async folded(hands) {
    await hands.page.evaluate(async () => {
      await app.whole.openMore();
      for (const fold of document.querySelectorAll('.rd-left details, .rd-run details')) fold.open = true;
    });
    return () => hands.page.evaluate(() => document.querySelectorAll('details').forEach((fold) => (fold.open = false)));
  },
  async split(hands) {
    await hands.page.evaluate(() => app.stage.settings.set({view: 'split'}));
    return () => hands.page.evaluate(() => app.stage.settings.set({view: 'overlay'}));
  },
  async error(hands) {
    await hands.page.evaluate(() => {
      app.addBrush();
      app.setField('b1', 'prompt', '');
      app.editor.change('method', (palette) => Object.assign(palette, {attention: 'bias', bootstrap: {levels: 3}}));
      app.sheets.close();
    });
    await hands.page.waitForFunction(() => app.verdict.badges.b4 && app.verdict.badges.b1);
    await hands.page.evaluate(() => app.run('run.generate'));
    await hands.page.locator('.rd-toast.rd-error').waitFor();
  },
  async 'run sheet'(hands) {
    await hands.page.evaluate(() => (app.toasts.clear(), app.sheets.open('run')));
  },
  async 'whole sheet'(hands) {
    await hands.page.evaluate(() => app.sheets.open('whole'));
  },
};
