// The page, the server and the demo model together, as a person meets them in chromium.

import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {DRAWN} from './hands.mjs';
import {runPython} from './server.mjs';
import {folder, pageTest, server} from './tests.mjs';

/** Two regions of which the demo model knows the words: a house on the left, a tree on the right. */
async function paintTwo(hands, address = server.address) {
  await hands.open(address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house on grass');
  await hands.press('Alt+n');
  await hands.drag([220, 60], [350, 230]);
  await hands.type('a green tree on grass');
}

pageTest('from an empty page to a painted two-region picture in four actions, and the picture obeys', async (hands, page) => {
  await hands.open(server.address);
  await hands.drag([4, 4], [186, 250]);
  await hands.type('the sea');
  await hands.drag([198, 4], [380, 250]);
  await hands.type('snow');
  assert.equal(hands.actions, 4);
  assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['the sea', 'snow']);
  const file = await hands.draw(path.join(folder, 'two.png'));
  const [left, right] = await runPython('see.py', file, '20,20,170,236', '214,20,364,236');
  assert.ok(left.classes.sea > 0.5 && (right.classes.sea ?? 0) < 0.1, JSON.stringify([left, right]));
  assert.ok(right.classes.snow > 0.5 && (left.classes.snow ?? 0) < 0.1, JSON.stringify([left, right]));
  await page.locator('.rd-surface').focus();
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('Control+z');
  assert.deepEqual(await hands.brushes(), []);
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('Control+Shift+z');
  assert.equal((await hands.brushes()).length, 2);
});

pageTest('Tab after the words of a new region begins the next one', async (hands) => {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  await hands.press('Tab');
  await hands.drag([220, 60], [350, 230]);
  await hands.type('a tree');
  assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house', 'a tree']);
});

pageTest('a shape beside a region that has just got its words begins the next one; on it, or by the brush, it goes on', async (hands, page) => {
  const prompts = async () => (await hands.brushes()).map(({prompt}) => prompt);
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  await page.locator('.rd-surface').click({position: {x: 5, y: 5}}); // a click is no shape
  await hands.drag([220, 60], [350, 230]);
  await hands.type('a tree');
  assert.deepEqual(await prompts(), ['a red house', 'a tree']);
  await hands.drag([300, 100], [370, 250]); // begins on it
  await hands.drag([20, 240], [60, 250]); // goes on with it, since something was painted
  assert.equal((await prompts()).length, 2);
  await hands.press('n');
  await hands.drag([160, 60], [200, 120]);
  await hands.type('a cloud');
  await hands.take('brush', {size: 20});
  await hands.drag([160, 200], [200, 200]);
  await page.locator('.rd-main').last().click(); // who chooses a brush paints it
  await hands.take('rectangle');
  await hands.drag([160, 10], [200, 20]);
  assert.deepEqual(await prompts(), ['a red house', 'a tree', 'a cloud']);
});

pageTest('a pen and a finger paint too', async (hands, page) => {
  await hands.open(server.address);
  await hands.take('brush', {size: 40});
  await hands.pen([60, 60], [200, 60], 0.5);
  const before = await hands.share('b1');
  assert.ok(before > 0.01);
  await page.evaluate(() => app.selection.set('b1'));
  await page.waitForTimeout(1700); // until the finger is no palm beside a pen
  await hands.touch([[60, 180]], [[120, 180]], [[220, 180]]);
  assert.ok((await hands.share('b1')) > before + 0.01);
});

pageTest('a reload loses nothing, pictures with their palettes included', async (hands, page) => {
  await paintTwo(hands);
  await hands.draw(path.join(folder, 'kept.png'));
  const before = await hands.palette();
  await hands.saved();
  await hands.reload();
  assert.deepEqual(await hands.palette(), before);
  await page.waitForFunction(() => app.pictures.length === 1);
  await page.locator('.rd-look').first().waitFor();
});

pageTest('one click draws by each method, and shows all in one picture', async (hands, page) => {
  await paintTwo(hands);
  const before = await hands.palette();
  await hands.draw(path.join(folder, 'first.png'));
  await page.getByRole('button', {name: 'Compare methods'}).click();
  await page.waitForFunction(() => app.pictures.length === 6 && !app.job, null, {timeout: 120_000});
  assert.deepEqual(await hands.palette(), before);
  const made = await page.evaluate(() => app.pictures.map(({seed, palette, image}) => ({seed, blend: palette.blend ?? 'average', attention: palette.attention ?? 'none', size: [image.width, image.height]})));
  const [width, height] = made[1].size;
  assert.deepEqual(made[0].size, [2 * width, 2 * (height + 28)]);
  assert.deepEqual(made.slice(1, 5).map(({blend, attention}) => `${blend} ${attention}`), ['average bias', 'average couple', 'mixture none', 'average none']);
  assert.equal(new Set(made.slice(0, 5).map(({seed}) => seed)).size, 1);
});

pageTest('a field that only the schema knows appears, and is kept', async (hands, page) => {
  await page.route('**/api/schema', async (route) => {
    const answer = await route.fetch();
    const schema = await answer.json();
    schema.properties.brushes.items.properties.sparkle = {type: 'number', minimum: 0, maximum: 1, default: 0, description: 'How much it glitters.'};
    await route.fulfill({response: answer, json: schema});
  });
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await page.locator('.rd-inspector summary').click();
  const field = page.locator('[data-field="sparkle"]');
  assert.match(await field.textContent(), /sparkle/);
  assert.match(await field.evaluate((each) => each.outerHTML), /How much it glitters/);
  await field.locator('input[type="number"]').fill('0.4');
  assert.equal(await page.evaluate(() => app.editor.state.palette.brushes[0].sparkle), 0.4);
});

pageTest('a palette goes out as a file and comes back equal', async (hands, page) => {
  await paintTwo(hands);
  const before = await hands.palette();
  const [download] = await Promise.all([page.waitForEvent('download'), hands.choose('File', /^Save the palette/)]);
  const file = path.join(folder, 'out.json');
  await download.saveAs(file);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), before);
  await hands.choose('File', /^New/);
  assert.deepEqual(await hands.brushes(), []);
  await hands.openFile('Open …', file);
  await page.waitForFunction(() => app.editor.state.palette.brushes.length === 2);
  assert.deepEqual(await hands.palette(), before);
});

pageTest('layers, projects and colour maps come back', async (hands, page) => {
  await paintTwo(hands);
  await hands.take('brush', {size: 30});
  await page.evaluate(() => app.selection.set('b2'));
  await hands.drag([20, 20], [360, 30]);
  await page.evaluate(() => app.setBrushState('b1', {hidden: true}));
  const before = await hands.palette();
  for (const [path_, ending] of [[['Save the project'], 'regiondiff'], [['Export …', 'Layers for Krita'], 'ora']]) {
    const file = path.join(folder, `out.${ending}`);
    const [download] = await Promise.all([page.waitForEvent('download'), hands.choose('File', path_[0]).then(() => path_[1] && page.getByRole('menuitem', {name: path_[1]}).click())]);
    await download.saveAs(file);
    await hands.choose('File', /^New/);
    await hands.openFile('Open …', file);
    await page.waitForFunction(() => app.editor.state.palette.brushes.length === 2);
    const after = await hands.palette();
    assert.deepEqual(after.brushes.map(({prompt, colour}) => [prompt, colour]), before.brushes.map(({prompt, colour}) => [prompt, colour]));
    if (ending === 'regiondiff') assert.deepEqual(after, before);
    if (ending === 'regiondiff') assert.equal(await page.evaluate(() => app.brushState('b1').hidden), true);
  }
  const shares = [await hands.share('b1'), await hands.share('b2')];
  const map = path.join(folder, 'map.png');
  const [download] = await Promise.all([page.waitForEvent('download'), hands.choose('File', 'Export …').then(() => page.getByRole('menuitem', {name: /^Colour map$/}).click())]);
  await download.saveAs(map);
  await page.evaluate(() => app.editor.clear('b2'));
  await hands.openFile('Open a colour map …', map);
  await page.locator('.rd-toast').filter({hasText: 'nearest'}).waitFor();
  assert.ok(Math.abs((await hands.share('b2')) - shares[1]) < 0.02);
});

pageTest('what is no palette is told in one line, and nothing is lost', async (hands, page) => {
  await paintTwo(hands);
  const before = await hands.palette();
  for (const [name, text] of [['broken.json', '{"brushes": ['], ['newer.json', '{"version": 99, "brushes": []}'], ['strange.png', 'no picture at all'], ['wide.json', '{"version": 1, "size": {"width": 9, "height": 9}}'], ['huge.json', '{"version": 1, "size": {"width": 8192, "height": 8192}, "brushes": [{"mask": {"rectangle": [0, 0, 1, 1]}}]}']]) {
    const file = path.join(folder, name);
    await writeFile(file, text);
    await hands.openFile('Open …', file);
    const toast = page.locator('.rd-toast.rd-error');
    await toast.waitFor();
    assert.match(await toast.textContent(), /expected/, name);
    await toast.getByRole('button').click();
    assert.deepEqual(await hands.palette(), before);
  }
});

pageTest('the server is killed during a render: the page says so, keeps all, and goes on when it is back', async (hands, page) => {
  await paintTwo(hands);
  const before = await hands.palette();
  await page.evaluate(() => app.editor.change('steps', (palette) => (palette.steps = 12)));
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(() => app.job?.state === 'drawing' && app.job.step > 0);
  await server.kill();
  await page.locator('.rd-toast').filter({hasText: /server/i}).waitFor();
  assert.deepEqual({...(await hands.palette()), steps: before.steps}, before);
  await server.start('--seed', '7');
  await page.waitForFunction(() => app.pictures.length === 1 && !app.job, null, {timeout: DRAWN});
  assert.equal(await page.locator('.rd-toast').filter({hasText: /does not answer/i}).count(), 0);
});
