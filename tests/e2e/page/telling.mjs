// What the page tells before anything is drawn: nothing where there is nothing, plain words, and the way to each field.

import assert from 'node:assert/strict';
import {pageTest, server} from './tests.mjs';

const remarks = (page) => page.locator('.rd-remark').allTextContents();

pageTest('an empty page greets with a strip and no remark; its first words bring none either', async (hands, page) => {
  await hands.open(server.address);
  assert.match(await page.locator('.rd-strip').textContent(), /Drag a region here.*Type lines.*An example.*Open/);
  assert.deepEqual(await remarks(page), []);
  assert.equal(await page.locator('.rd-cost').textContent(), '');
  await page.locator('.rd-whole textarea').first().fill('the sea');
  await page.locator('.rd-cost').filter({hasText: 'About as long as a plain picture'}).waitFor();
  assert.deepEqual((await remarks(page)).filter((text) => /empty|nothing says/.test(text)), []);
});

pageTest('remarks and choices call brushes by the words on the page', async (hands, page) => {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house on grass');
  await page.locator('.rd-remark').filter({hasText: "the whole picture's prompt is empty"}).waitFor();
  await page.locator('.rd-cost b').filter({hasText: /^About .* as long as a plain picture$/}).waitFor();
  const told = [...(await remarks(page)), await page.locator('.rd-cost').textContent()].join();
  assert.doesNotMatch(told, /b1/);
  await page.locator('.rd-remark').filter({hasText: "the whole picture's prompt is empty"}).click();
  await page.waitForFunction(() => document.activeElement.closest('[data-field]') === app.whole.prompt);
});

pageTest('a badge says what is missing, and leads there', async (hands, page) => {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await page.locator('.rd-surface').focus();
  await page.locator('.rd-badge').filter({hasText: 'no prompt'}).click();
  await page.waitForFunction(() => document.activeElement === app.inspector.filled.prompt);
});

pageTest('every field is reached by its path, also where another one has the same name', async (hands, page) => {
  await hands.open(server.address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house');
  const missed = await page.evaluate(async () => {
    const {schema} = app.services;
    const away = ['version', 'size', 'brushes', 'noise', 'blend', 'attention', 'model', 'init'];
    const own = (field) => [field, ...(field.anyOf ?? []).flatMap((each) => [each, ...(each.anyOf ?? [])])].find((each) => each.properties)?.properties ?? {};
    const walk = (fields, before) => Object.entries(fields).flatMap(([name, field]) => [[...before, name], ...walk(own(field), [...before, name])]);
    const paths = walk(schema.properties, []).filter(([first, second]) => !away.includes(first) && !(first === 'background' && [undefined, 'image', 'colour', 'strength'].includes(second)));
    const ofBrush = walk(schema.properties.brushes.items.properties, []).filter(([first]) => !['id', 'name', 'mask', 'colour'].includes(first));
    for (const [name, field] of Object.entries(schema.properties)) if (Object.keys(own(field)).length && !away.includes(name) && name !== 'background') app.editor.change('setting', (palette) => (palette[name] = {}));
    const missed = [];
    const look = async (names, notice) => {
      document.activeElement.blur();
      await app.jumpTo(notice);
      const chain = [];
      for (let at = document.activeElement.closest('[data-field]'); at; at = at.parentElement.closest('[data-field]')) chain.unshift(at.dataset.field);
      if (chain.join('.') !== names.join('.') && !`${chain.join('.')}.`.startsWith(`${names.join('.')}.`)) missed.push([names.join('.'), chain.join('.')]);
    };
    for (const names of paths) await look(names[0] === 'background' ? names.slice(1) : names, {path: names.join('.')});
    for (const path of ['blend', 'attention']) await look(['method'], {path});
    for (const names of ofBrush) await look(names, {path: `brushes[0].${names.join('.')}`, brush: 'b1'});
    return [paths.length + ofBrush.length, missed];
  });
  assert.ok(missed[0] > 30, `only ${missed[0]} fields`);
  assert.deepEqual(missed[1], []);
});

pageTest('faults and remarks give brushes the numbers of the page, also where others are switched off', async (hands, page) => {
  await hands.open(server.address);
  for (const [box, words] of [[[[4, 4], [90, 90]], 'a red house'], [[[120, 4], [200, 90]], 'a tree'], [[[220, 4], [300, 90]], '']]) {
    await page.evaluate(() => app.beginRegion());
    await hands.drag(...box);
    if (words) await hands.type(words);
  }
  await page.evaluate(() => app.setBrushState('b1', {hidden: true}));
  await page.locator('.rd-remark').filter({hasText: 'brush 3 (new brush): its prompt is empty'}).waitFor();
  await page.evaluate(() => app.editor.change('setting', (palette) => Object.assign(palette.brushes[1], {start: 0.5, stop: 0.5})));
  await page.locator('.rd-remark.rd-error').filter({hasText: /^brush 2 \(.*\), stop: expected more than start/}).waitFor();
  await page.evaluate(() => app.run('run.generate'));
  await page.locator('.rd-toast').filter({hasText: /^brush 2 \(.*\), stop: expected/}).waitFor();
  await page.waitForFunction(() => document.activeElement.closest('[data-field]')?.dataset.field === 'stop' && app.selection.get() === 'b2');
});
