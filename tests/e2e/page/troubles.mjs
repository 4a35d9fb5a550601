// Troubles: files that are too much, a server that goes, a line that drops. One clear message each time, and nothing is lost.

import assert from 'node:assert/strict';
import {Buffer} from 'node:buffer';
import {readFile, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {deflateSync} from 'node:zlib';
import {DRAWN} from './hands.mjs';
import {makeLine} from './line.mjs';
import {folder, pageTest, server} from './tests.mjs';

/** The checksum of PNG's chunks. @param {Buffer} data */
function sumUp(data) {
  let sum = 0xffffffff;
  for (const byte of data) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

const chunk = (name, body) => {
  const data = Buffer.concat([Buffer.from(name), body]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(sumUp(data));
  return Buffer.concat([length, data, sum]);
};

/** A grey PNG that says it has a size, and holds so many rows of that width. */
function makePng(width, height, rows = height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * rows))), chunk('IEND', Buffer.alloc(0))]);
}

const toUrl = (bytes) => `data:image/png;base64,${bytes.toString('base64')}`;
const makePalette = (parts) => JSON.stringify({version: 1, size: {width: 384, height: 256}, brushes: [], ...parts});

async function paintOne(hands, address = server.address) {
  await hands.open(address);
  await hands.drag([20, 60], [150, 230]);
  await hands.type('a red house on grass');
}

pageTest('files that are too much are refused in one sentence each, and nothing is lost', async (hands, page) => {
  await paintOne(hands);
  const before = await hands.palette();
  const bomb = makePng(12_000, 12_000);
  const files = [
    ['large.json', '{', 'Open …', /at most 64 MB/],
    ['large.zip', 'PK', 'Open …', /at most 64 MB/],
    ['large.png', bomb.subarray(0, 200), 'Open …', /at most 64 MB/],
    ['bomb.png', bomb, 'Paint over a picture …', /at most 134 million pixels, got 12000 x 12000/],
    ['map.png', bomb, 'Open a colour map …', /at most 33 million pixels, got 12000 x 12000/],
    ['below.json', makePalette({background: {image: toUrl(bomb)}}), 'Open …', /background.image: expected a picture of at most 134 million pixels/],
    ['mask.json', makePalette({brushes: [{mask: toUrl(makePng(8192, 4100))}]}), 'Open …', /brushes\[0\].mask: expected a PNG of at most 33554432 pixels, got 8192 x 4100/],
    ['lies.json', makePalette({brushes: [{mask: toUrl(makePng(64, 64, 200_000))}]}), 'Open …', /brushes\[0\].mask: expected a PNG, got one with more pixels than it says/],
    ['notes.txt', 'a shopping list', 'Open …', /expected/],
    ['nothing.json', '', 'Open …', /expected JSON/],
    ['strange.zip', 'PK\x03\x04 and nothing more', 'Open …', /expected/],
  ];
  for (const [name, data, item, told] of files) {
    const file = path.join(folder, name);
    await writeFile(file, data);
    if (name.startsWith('large')) await truncate(file, 200 * 2 ** 20);
    await hands.openFile(item, file);
    const toast = page.locator('.rd-toast.rd-error');
    await toast.waitFor();
    assert.match(await toast.textContent(), told, name);
    await toast.getByRole('button').click();
    assert.deepEqual(await hands.palette(), before, name);
  }
});

pageTest('words of a file stay words: nothing in them becomes part of the page', async (hands, page) => {
  const words = '<img src="x" onerror="hurt=1"><b class="hurt">b</b>';
  await paintOne(hands);
  const file = path.join(folder, 'words.json');
  const brush = {prompt: words, name: words, mask: {rectangle: [0, 0, 0.5, 0.5]}};
  await writeFile(file, makePalette({background: {prompt: words, negative: words}, brushes: [{...brush, id: words}, {...brush, id: '__proto__', name: ''}]}));
  await hands.openFile('Open …', file);
  await page.waitForFunction(() => app.editor.state.palette.brushes.length === 2);
  await page.locator('.rd-rows').filter({hasText: '<img'}).waitFor();
  const other = path.join(folder, '<img src=x onerror=hurt>.json');
  await writeFile(other, JSON.stringify({brushes: [{kind: words}], [words]: 1}));
  await hands.openFile('Open …', other);
  await page.locator('.rd-toast.rd-error').filter({hasText: 'expected'}).waitFor();
  assert.deepEqual(await page.evaluate(() => [window.hurt ?? null, document.querySelectorAll('.hurt, img[src="x"]').length, {}.name ?? null]), [null, 0, null]);
});

pageTest('odd things that are pasted or dropped are told, and pictures go under the brushes', async (hands, page) => {
  await paintOne(hands);
  const paste = (files) =>
    page.evaluate((files) => {
      const data = new DataTransfer();
      for (const [name, type, text] of files) data.items.add(new File([text], name, {type}));
      document.querySelector('.rd-surface').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
    }, files);
  const toast = page.locator('.rd-toast.rd-error');
  for (const file of [['a.png', 'image/png', 'no picture'], ['a.exe', 'application/x-msdownload', 'MZ'], ['a.json', 'application/json', '[[[[']]) {
    await paste([file]);
    await toast.filter({hasText: /expected/}).waitFor();
    await toast.getByRole('button').click();
    assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house on grass']);
  }
  await paste([]);
  await page.evaluate(async () => {
    const data = new DataTransfer();
    data.items.add(new File([await new OffscreenCanvas(30, 20).getContext('2d').canvas.convertToBlob({type: 'image/png'})], 'b.png', {type: 'image/png'}));
    document.querySelector('.rd-surface').dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
  });
  await page.waitForFunction(() => app.editor.state.palette.background.image);
});

pageTest('a line that drops during a render is told, and the picture comes when it is back', async (hands, page) => {
  const line = await makeLine(server.port);
  try {
    await paintOne(hands, line.address);
    await page.evaluate(() => app.editor.change('steps', (palette) => (palette.steps = 12)));
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(() => app.job?.state === 'drawing' && app.job.step > 0);
    line.cut();
    await page.locator('.rd-toast').filter({hasText: 'does not answer'}).waitFor();
    assert.match(await page.locator('.rd-generate').textContent(), /Stop waiting/);
    await page.keyboard.press('Control+z'); // people go on meanwhile
    await page.keyboard.press('Control+Shift+z');
    line.mend();
    await page.waitForFunction(() => app.pictures.length === 1 && !app.job, null, {timeout: DRAWN});
    assert.equal(await page.locator('.rd-toast').count(), 0);
  } finally {
    line.end();
  }
});

pageTest('who stops while the server does not answer is free at once', async (hands, page) => {
  const line = await makeLine(server.port);
  try {
    await paintOne(hands, line.address);
    await page.evaluate(() => app.editor.change('steps', (palette) => (palette.steps = 30)));
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(() => app.job?.state === 'drawing' && app.job.step > 0);
    line.cut();
    await page.locator('.rd-generate').filter({hasText: 'Stop waiting'}).click();
    await page.waitForFunction(() => !app.job);
    assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house on grass']);
  } finally {
    line.end();
  }
});

pageTest('a server that goes before the first stroke: painting and typing go on, and all is kept when it is back', async (hands, page) => {
  const line = await makeLine(server.port);
  try {
    await hands.open(line.address);
    line.cut();
    await hands.drag([20, 60], [150, 230]);
    await page.locator('.rd-toast').filter({hasText: 'does not answer'}).waitFor();
    assert.ok((await hands.share('b1')) > 0.1);
    line.mend();
    await page.locator('.rd-row').waitFor();
    await page.waitForFunction(() => !document.querySelector('.rd-toast'));
    await page.locator('.rd-inspector textarea').first().fill('a red house');
    await hands.saved();
    await hands.reload();
    assert.deepEqual((await hands.brushes()).map(({prompt}) => prompt), ['a red house']);
  } finally {
    line.end();
  }
});

pageTest('work can be saved as a file while the server is gone', async (hands, page) => {
  const line = await makeLine(server.port);
  try {
    await paintOne(hands, line.address);
    await page.waitForFunction(() => performance.getEntriesByType('resource').some(({name, responseEnd}) => name.endsWith('files/files.mjs') && responseEnd > 0));
    const before = await hands.palette();
    line.cut();
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Control+s')]);
    const file = path.join(folder, 'saved.json');
    await download.saveAs(file);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), before);
  } finally {
    line.end();
  }
});
