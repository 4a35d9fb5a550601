// The surface in chromium: views, keys, labels and sizes.

import assert from 'node:assert/strict';
import {asked, near, stageTest} from './setup.mjs';

stageTest('a polygon by clicks closes at its first corner; a drag is a lasso', async (hands) => {
  await hands.set({tool: 'lasso'});
  for (const corner of [[100, 100], [300, 100], [300, 300], [100, 300], [101, 101]]) await hands.click(...corner);
  near(await hands.area('b1'), 40000, 500);
  await hands.drag(...Array.from({length: 41}, (_, index) => [500 + 80 * Math.sin(index / 6.37), 180 - 80 * Math.cos(index / 6.37)]));
  near(await hands.area('b1'), 40000 + Math.PI * 6400, 1200);
});

stageTest('the colour layer is painted under the brushes and makes none', async (hands, page) => {
  await hands.set({target: 'colour', colour: '#ff0000', size: 80});
  await hands.drag([100, 100], [300, 100]);
  assert.equal(await page.evaluate(() => editor.document.palette.brushes.length), 0);
  assert.deepEqual(await hands.seen(200, 100), [255, 0, 0, 255]);
  await page.waitForFunction(() => stage.parts.strip.hidden);
});

stageTest('fills are opaque by painter\'s order, and over a picture only while painting', async (hands, page) => {
  await hands.settle();
  await page.evaluate(() => {
    lab.addShape({rectangle: [0, 0, 0.5, 1]});
    lab.addShape({rectangle: [0.25, 0, 0.75, 1]});
  });
  assert.deepEqual(await hands.seen(100, 250), [0, 114, 178, 255]);
  assert.deepEqual(await hands.seen(300, 250), [213, 94, 0, 255]);
  await page.evaluate(() => {
    const picture = new OffscreenCanvas(8, 8);
    const context = picture.getContext('2d');
    context.fillRect(0, 0, 8, 8);
    stage.setPicture(picture);
  });
  assert.deepEqual(await hands.seen(300, 250), [0, 0, 0, 255]);
  await hands.move(600, 400);
  await page.mouse.down();
  await hands.move(620, 420);
  const [red, green] = await hands.seen(300, 250);
  assert.ok(red > 100 && red < 200 && green > 30 && green < 94, `${red} ${green}`);
  await page.mouse.up();
  assert.deepEqual(await hands.seen(300, 250), [0, 0, 0, 255]);
});

stageTest('a locked or hidden brush says so and stays as it is', async (hands, page) => {
  await page.evaluate(() => {
    stage.bench.select(lab.addShape({rectangle: [0, 0, 0.5, 0.5]}, 'sky'));
    states.set('b1', {locked: true});
    stage.brushesChanged();
  });
  const area = await hands.area('b1');
  await hands.drag([500, 400], [600, 420]);
  near(await hands.area('b1'), area, 0);
  assert.match(await page.evaluate(() => stage.parts.notice.textContent), /sky is locked/);
});

stageTest('a stroke stays when the browser takes the capture away', async (hands, page) => {
  await hands.settle();
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(200, 100);
  await page.evaluate(() => stage.parts.surface.releasePointerCapture(1));
  await hands.move(210, 100);
  assert.equal(await page.evaluate(() => stage.gestures.gesture), null);
  assert.ok((await hands.cover('b1', 150, 100)) > 200);
  assert.equal(await page.evaluate(() => lab.steps()), 1);
  await page.mouse.up();
});

stageTest('dropped and pasted pictures go where the zone says', async (_, page) => {
  await page.evaluate(async () => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], 'a.png', {type: 'image/png'}));
    const send = (element, type) => element.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
    send(stage.parts.surface, 'dragenter');
    while (!document.querySelector('.rd-drop')) await new Promise((resolve) => setTimeout(resolve, 20));
    send(document.querySelectorAll('.rd-drop')[1], 'drop');
    stage.root.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
  });
  assert.deepEqual(await asked(page), ['open 1', 'background 1']);
  assert.equal(await page.evaluate(() => document.querySelector('.rd-drops').hidden), true);
});

for (const [name, viewport, more] of [
  ['1280x800', {width: 776, height: 726}, {}],
  ['1920x1080', {width: 1416, height: 1006}, {}],
  ['390x844', {width: 390, height: 500}, {isMobile: true, deviceScaleFactor: 3}],
  ['125 %', {width: 776, height: 726}, {deviceScaleFactor: 1.25}],
]) {
  stageTest(
    `at ${name} nothing is cut off and what is drawn lies where it should`,
    async (hands, page) => {
      for (const tool of ['brush', 'rectangle', 'lasso', 'move']) {
        await hands.set({tool, target: 'colour'});
        const cut = await page.evaluate(() =>
          [...document.querySelectorAll('.rd-options > *, .rd-tools > *')].filter((item) => {
            const [box, bar] = [item.getBoundingClientRect(), item.parentElement.getBoundingClientRect()];
            return box.width > 0 && (box.left < bar.left || box.right > bar.right + 0.5 || box.bottom > bar.bottom + 0.5 || item.scrollWidth > item.clientWidth + 1 && item.clientWidth > 0);
          }).map((item) => item.className),
        );
        assert.deepEqual(cut, [], tool);
      }
      await hands.set({target: 'mask', tool: 'brush'});
      await page.evaluate(() => lab.addShape({rectangle: [0.25, 0.25, 0.5, 0.5]}));
      for (const [x, y, inside] of [[196, 132, true], [380, 252, true], [186, 190, false], [388, 200, false]]) assert.equal((await hands.seen(x, y))[0] === 0, inside, `${x} ${y}`);
    },
    {viewport, ...more},
  );
}

stageTest('typing a prompt draws no mask again; another colour and order do', async (hands, page) => {
  await page.evaluate(() => {
    lab.addShape({rectangle: [0, 0, 0.5, 1]});
    lab.addShape({rectangle: [0.25, 0, 0.75, 1]});
  });
  await hands.seen(300, 250);
  const waiting = () => page.evaluate(() => stage.surface.fills.dirty.tiles.size);
  await page.evaluate(() => {
    editor.change('prompt', (palette) => (palette.brushes[0].prompt = 'a calm sea at night'));
  });
  assert.equal(await waiting(), 0);
  assert.equal(await page.evaluate(() => stage.model.brush('b1').name), 'calm sea');
  await page.evaluate(() => {
    editor.change('order', (palette) => {
      palette.brushes.reverse();
      palette.brushes[1].colour = '#ff0000';
    });
  });
  assert.deepEqual(await hands.seen(300, 250), [255, 0, 0, 255]);
});

stageTest('what is drawn while a tool is still coming is drawn when it has come', async (hands, page) => {
  const held = [];
  let open = false;
  await page.route('**/tools/{lasso,box}.mjs', (route) => (open ? route.continue() : held.push(route)));
  const release = async () => {
    open = true;
    await Promise.all(held.splice(0).map((route) => route.continue()));
  };
  await page.evaluate(() => stage.settings.set({tool: 'rectangle'}));
  await hands.drag([400, 100], [500, 200]);
  await hands.drag([550, 100], [600, 150]);
  assert.equal(await page.evaluate(() => lab.steps()), 0);
  await release();
  await page.waitForFunction(() => lab.steps() === 2);
  near(await hands.area('b1'), 12500, 0);
  open = false;
  await page.evaluate(() => stage.settings.set({tool: 'lasso'}));
  for (const corner of [[100, 100], [300, 100], [300, 300]]) await hands.click(...corner);
  await release();
  await page.waitForFunction(() => stage.workshop.ready.has('lasso'));
  for (const corner of [[100, 300], [101, 101]]) await hands.click(...corner);
  near(await hands.area('b1'), 52500, 600);
});
