// The surface when something happens in the middle of a stroke, and on canvases of all forms.

import assert from 'node:assert/strict';
import {asked, near, stageTest} from './setup.mjs';

/** Press at a place of the canvas with a tool that has come, and go on to others; the button stays down. */
async function begin(hands, ...points) {
  await hands.settle();
  await hands.move(...points[0], 1);
  await hands.page.mouse.down();
  for (const point of points.slice(1)) await hands.move(...point);
}

stageTest('another tool by its key ends the stroke as it is; another brush by its number has the next one', async (hands, page) => {
  await page.evaluate(() => {
    lab.addShape({rectangle: [0.8, 0.8, 0.9, 0.9]});
    stage.bench.select(lab.addShape({rectangle: [0.9, 0.9, 1, 1]}));
  });
  await hands.set({size: 20});
  await begin(hands, [100, 100], [200, 100]);
  await page.keyboard.press('1');
  await hands.move(300, 100);
  await page.keyboard.press('r');
  await hands.move(400, 300);
  await page.mouse.up();
  assert.ok((await hands.cover('b2', 290, 100)) === 255, 'the stroke went on with its brush');
  assert.equal(await hands.cover('b2', 390, 290), 0);
  assert.equal(await page.evaluate(() => lab.steps()), 3);
  await hands.drag([100, 200], [200, 300]);
  assert.equal(await hands.cover('b1', 150, 250), 255);
});

stageTest('the size that is changed while painting is that of what follows', async (hands, page) => {
  await hands.set({size: 20, smoothing: 0});
  await begin(hands, [100, 200], [200, 200]);
  await page.evaluate(() => stage.settings.set({size: 100}));
  await hands.move(300, 200);
  await page.mouse.up();
  assert.equal(await hands.cover('b1', 120, 230), 0);
  assert.equal(await hands.cover('b1', 300, 240), 255);
  assert.equal(await hands.cover('b1', 160, 215), 255, 'round where it begins');
});

stageTest('what else changes the document in the middle of a stroke is a step after it', async (hands, page) => {
  await begin(hands, [100, 100], [200, 100]);
  await page.evaluate(() => editor.change('prompt', (palette) => (palette.brushes[0].prompt = 'the sea')));
  await hands.move(400, 300);
  await page.mouse.up();
  assert.deepEqual([await hands.cover('b1', 150, 100), await hands.cover('b1', 390, 290)], [255, 0]);
  assert.equal(await page.evaluate(() => lab.steps()), 2);
  await page.evaluate(() => editor.undo());
  assert.deepEqual([await hands.cover('b1', 150, 100), await page.evaluate(() => editor.state.palette.brushes[0].prompt)], [255, '']);
  await page.evaluate(() => editor.undo());
  assert.equal(await page.evaluate(() => editor.state.palette.brushes.length), 0);
});

stageTest('Undo in the middle of a stroke takes the stroke back', async (hands, page) => {
  await page.evaluate(() => stage.bench.select(lab.addShape({rectangle: [0, 0, 0.1, 0.1]})));
  await begin(hands, [300, 200], [400, 200]);
  await page.evaluate(() => stage.cancel() || editor.undo());
  await hands.move(500, 300);
  await page.mouse.up();
  near(await hands.area('b1'), 77 * 51, 0);
  assert.deepEqual(await asked(page), []);
});

stageTest('a stroke goes on outside of the surface and of the window, and ends where it is lifted', async (hands, page) => {
  await hands.set({size: 20});
  await begin(hands, [700, 200], [760, 200]);
  const at = await hands.place(700, 300);
  await page.mouse.move(1400, at.y, {steps: 4});
  await page.mouse.move(-300, at.y, {steps: 8});
  await page.mouse.up();
  assert.equal(await page.evaluate(() => stage.gestures.pressed), false);
  assert.equal(await hands.cover('b1', 300, 300), 255);
});

stageTest('a window that loses the focus ends the stroke and keeps it', async (hands, page) => {
  await begin(hands, [100, 100], [200, 100]);
  await page.evaluate(() => window.dispatchEvent(new Event('blur')));
  await hands.move(400, 300);
  await page.mouse.up();
  assert.deepEqual([await hands.cover('b1', 150, 100), await hands.cover('b1', 390, 290)], [255, 0]);
});

stageTest('a window that is resized leaves the canvas under the pointer until the stroke ends', async (hands, page) => {
  await hands.set({size: 20});
  await begin(hands, [100, 100], [300, 100]);
  const view = await hands.view();
  await page.setViewportSize({width: 700, height: 500});
  await page.waitForFunction(() => stage.surface.size.width < 720);
  assert.deepEqual(await hands.view(), view);
  await hands.move(300, 300);
  await page.mouse.up();
  assert.deepEqual([await hands.cover('b1', 200, 100), await hands.cover('b1', 300, 200), await hands.cover('b1', 200, 200)], [255, 255, 0]);
  await page.waitForFunction((zoom) => stage.view.zoom < zoom, view.zoom);
});

stageTest('zoomed in and out as far as it goes a stroke is where the pointer was', async (hands, page) => {
  await hands.set({size: 1, smoothing: 0, hardness: 1});
  await page.evaluate(() => stage.surface.zoomShare(32, {x: 480, y: 350}));
  const middle = await page.evaluate(() => stage.surface.toCanvas({x: 480, y: 350}));
  const [x, y] = [Math.floor(middle.x) + 0.5, Math.floor(middle.y) + 0.5];
  await hands.drag([x, y], [x + 4, y]);
  assert.deepEqual([await hands.area('b1'), await hands.cover('b1', Math.floor(x) + 2, Math.floor(y))], [5, 255]);
  await page.evaluate(() => stage.surface.zoomShare(0.05));
  await hands.set({size: 400});
  await hands.drag([300, 256], [500, 256]);
  assert.equal(await hands.cover('b1', 400, 256), 255);
  await page.evaluate(() => stage.surface.fit());
  assert.deepEqual((await hands.seen(400, 256)).slice(0, 3), [0, 114, 178]);
});

for (const size of ['64x64', '4096x4096', '4096x512', '512x4096', '100x77']) {
  stageTest(`on a canvas of ${size} tools draw where the pointer is, and what they draw is seen`, async (hands, page) => {
    const [width, height] = size.split('x').map(Number);
    await page.goto(`${new URL(page.url()).origin}/?size=${size}`);
    await page.waitForFunction(() => window.stage);
    const box = await page.evaluate(() => ({...stage.view, pane: stage.surface.size}));
    assert.ok(box.x >= 0 && box.y >= 0 && box.x + width * box.zoom <= box.pane.width && box.y + height * box.zoom <= box.pane.height, JSON.stringify(box));
    await hands.set({tool: 'rectangle'});
    await hands.drag([width * 0.25, height * 0.25], [width * 0.75, height * 0.75]);
    near((await hands.area('b1')) / (width * height), 0.25, 0.03);
    await hands.set({tool: 'eraser', size: Math.max(1, Math.min(width, height) / 8)});
    await hands.drag([width * 0.3, height * 0.5], [width * 0.7, height * 0.5]);
    assert.equal(await hands.cover('b1', Math.floor(width * 0.5), Math.floor(height * 0.5)), 0);
    assert.deepEqual((await hands.seen(width * 0.35, height * 0.35)).slice(0, 3), [0, 114, 178]);
    assert.notDeepEqual((await hands.seen(width * 0.5, height * 0.5)).slice(0, 3), [0, 114, 178]);
  });
}

stageTest('two fingers zoom while a polygon is drawn, which stays; fingers need not hit its first corner exactly', async (hands, page) => {
  await hands.set({tool: 'lasso'});
  const tap = async (x, y) => {
    await hands.touch('touchStart', [x, y]);
    await hands.touch('touchEnd');
  };
  for (const corner of [[200, 100], [400, 100], [400, 300]]) await tap(...corner);
  const view = await hands.view();
  await hands.touch('touchStart', [300, 200]);
  await hands.touch('touchStart', [300, 200], [400, 200]);
  for (let step = 1; step <= 4; step += 1) await hands.touch('touchMove', [300 - 8 * step, 200], [400 + 8 * step, 200]);
  await hands.touch('touchEnd');
  await page.waitForFunction((zoom) => stage.view.zoom > zoom, view.zoom);
  await page.evaluate(() => stage.surface.fit());
  await tap(200, 300);
  await tap(212, 110);
  await page.waitForFunction(() => stage.gestures.gesture === null);
  near(await hands.area('b1'), 40000, 2500);
});

stageTest('a pen that the browser takes away leaves its stroke', async (hands, page) => {
  await page.evaluate(() => {
    const {left, top} = stage.parts.surface.getBoundingClientRect();
    const send = (type, x) => stage.parts.surface.dispatchEvent(new PointerEvent(type, {pointerId: 9, pointerType: 'pen', button: type === 'pointerdown' ? 0 : -1, buttons: 1, pressure: 0.8, clientX: left + stage.view.x + x * stage.view.zoom, clientY: top + stage.view.y + 100 * stage.view.zoom, bubbles: true, cancelable: true}));
    for (const [type, x] of [['pointerdown', 100], ['pointermove', 200], ['pointermove', 300], ['pointercancel', 300]]) send(type, x);
  });
  assert.equal(await hands.cover('b1', 200, 100), 255);
  assert.equal(await page.evaluate(() => stage.gestures.pressed), false);
});

stageTest('keys are told of where what takes them cannot be loaded, and taken when it can be', async (hands, page) => {
  let open = false;
  await page.route('**/input/caret.mjs*', (route) => (open ? route.continue() : route.abort()));
  await page.evaluate(() => stage.parts.surface.focus());
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => /Not loaded/.test(stage.parts.notice.textContent));
  open = true;
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => stage.caret);
});
