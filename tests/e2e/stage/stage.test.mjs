// The surface under real mouse, pen, fingers and keys in chromium.

import assert from 'node:assert/strict';
import {asked, near, stageTest} from './setup.mjs';

stageTest('the first stroke makes a brush, and the prompt is asked for when the pen is lifted', async (hands, page) => {
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(200, 200, 8);
  assert.deepEqual(await asked(page), []);
  await page.mouse.up();
  await page.waitForFunction(() => asked.length > 0); // a tool that came late does only now what it was told
  assert.deepEqual(await asked(page), ['b1']);
  assert.ok((await hands.cover('b1', 150, 150)) > 200);
});

stageTest('a rectangle: Shift is square, Alt from the centre, Ctrl subtracts, Esc cancels', async (hands, page) => {
  await page.evaluate(() => stage.focus());
  await page.keyboard.press('r');
  await hands.drag([100, 100], [200, 150]);
  near(await hands.area('b1'), 5000, 0);
  await hands.move(300, 100);
  await page.mouse.down();
  await hands.move(350, 130);
  await page.keyboard.down('Shift');
  await page.mouse.up();
  await page.keyboard.up('Shift');
  near(await hands.area('b1'), 7500, 0);
  for (const [key, drag, area] of [['Alt', [[500, 300], [520, 310]], 8300], ['Control', [[100, 100], [150, 150]], 5800]]) {
    await page.keyboard.down(key);
    await hands.drag(...drag);
    await page.keyboard.up(key);
    near(await hands.area('b1'), area, 0);
  }
  await hands.move(10, 10);
  await page.mouse.down();
  await hands.move(90, 90);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  near(await hands.area('b1'), 5800, 0);
});

stageTest('Esc takes a whole stroke back and asks for no prompt', async (hands, page) => {
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(250, 200, 8);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  near(await hands.area('b1'), 0, 0);
  assert.deepEqual(await asked(page), []);
});

stageTest('Space pans in the middle of a drag, and the shape goes on', async (hands, page) => {
  await page.evaluate(() => stage.focus());
  await hands.set({tool: 'rectangle'});
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(150, 150);
  const old = await hands.view();
  await page.keyboard.down('Space');
  const at = await hands.place(150, 150);
  await page.mouse.move(at.x + 40, at.y + 20);
  await page.keyboard.up('Space');
  near((await hands.view()).x - old.x, 40, 1);
  await hands.move(200, 200);
  await page.mouse.up();
  near(await hands.area('b1'), 10000, 0);
});

stageTest('the wheel zooms at the pointer, the middle button pans', async (hands, page) => {
  const at = await hands.place(300, 200);
  await page.mouse.move(at.x, at.y);
  const old = await hands.view();
  await page.mouse.wheel(0, -400);
  await page.waitForFunction((zoom) => stage.view.zoom > zoom * 1.5, old.zoom);
  const next = await hands.place(300, 200);
  near(Math.hypot(next.x - at.x, next.y - at.y), 0, 1.5);
  await page.mouse.down({button: 'middle'});
  await page.mouse.move(at.x + 30, at.y - 10);
  await page.mouse.up({button: 'middle'});
  near((await hands.place(300, 200)).x - next.x, 30, 1);
});

stageTest('the right button and a click with Move pick; Move drags and scales', async (hands, page) => {
  await page.evaluate(() => [[0.125, 0.125, 0.25, 0.25], [0.5, 0.5, 0.75, 0.75]].forEach((box) => lab.addShape({rectangle: box})));
  await hands.click(480, 320, {button: 'right'});
  assert.equal(await page.evaluate(() => stage.bench.active()), 'b2');
  await hands.set({tool: 'move'});
  await hands.click(120, 90);
  assert.equal(await page.evaluate(() => stage.bench.active()), 'b1');
  await hands.drag([120, 90], [220, 130]);
  const bounds = () => page.evaluate(() => stage.model.boundsOf('b1'));
  assert.deepEqual(await bounds(), {left: 196, top: 104, right: 292, bottom: 168});
  await hands.drag([292, 168], [342, 193]);
  assert.deepEqual(await bounds(), {left: 196, top: 104, right: 342, bottom: 193});
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => stage.model.boundsOf('b1').left === 197);
});

stageTest('pen pressure sets the width or the opacity, each by its own switch', async (hands) => {
  await hands.set({size: 60, smoothing: 0});
  await hands.penStroke([100, 100], [300, 100], 0.2);
  near(await hands.cover('b1', 200, 120), 0, 0);
  assert.ok((await hands.cover('b1', 200, 102)) > 200);
  await hands.set({pressureSize: false, pressureOpacity: true});
  await hands.penStroke([100, 300], [300, 300], 0.4);
  near(await hands.cover('b1', 200, 315), 102, 6);
});

stageTest('the eraser end erases, whatever the tool', async (hands, page) => {
  await page.evaluate(() => stage.bench.select(lab.addShape({rectangle: [0, 0, 1, 1]})));
  await hands.set({tool: 'rectangle'});
  await page.evaluate(() => {
    const {left, top} = stage.parts.surface.getBoundingClientRect();
    const send = (type, x, button, buttons) => stage.parts.surface.dispatchEvent(new PointerEvent(type, {pointerId: 9, pointerType: 'pen', button, buttons, pressure: 0.5, clientX: left + stage.view.x + x * stage.view.zoom, clientY: top + stage.view.y + 100 * stage.view.zoom, bubbles: true, cancelable: true}));
    send('pointerdown', 100, 5, 32);
    send('pointermove', 300, -1, 32);
    send('pointerup', 300, 5, 0);
  });
  await page.waitForFunction(() => lab.coverAt('b1', 200, 100) === 0); // the tool may still be loading
});

stageTest('a palm is ignored while a pen is near, and a finger paints when it is gone', async (hands, page) => {
  hands.time = Date.now() / 1000;
  await hands.pen('mouseMoved', 50, 50, {down: false});
  const stroke = async () => {
    await hands.touch('touchStart', [300, 300]);
    await hands.touch('touchMove', [350, 350]);
    await hands.touch('touchEnd');
  };
  hands.time += 1;
  await stroke();
  assert.equal(await page.evaluate(() => editor.document.palette.brushes.length), 0);
  hands.time += 3600;
  await stroke();
  assert.ok((await hands.area('b1')) > 1000);
});

stageTest('two fingers pan and zoom, and take back what the first began', async (hands, page) => {
  const send = (type, ...touchPoints) => hands.session.send('Input.dispatchTouchEvent', {type, touchPoints: touchPoints.map((point, id) => ({...point, id}))});
  const [first, second, old] = [await hands.place(300, 200), await hands.place(400, 200), await hands.view()];
  await send('touchStart', first);
  await send('touchMove', {x: first.x - 2, y: first.y});
  await send('touchStart', {x: first.x - 2, y: first.y}, second);
  for (let step = 1; step <= 10; step += 1) await send('touchMove', {x: first.x - 5 * step, y: first.y + 3 * step}, {x: second.x + 5 * step, y: second.y + 3 * step});
  await page.waitForFunction((zoom) => stage.view.zoom > zoom * 1.8, old.zoom);
  await send('touchEnd');
  near(await hands.area('b1'), 0, 0);
});

for (const first of ['ArrowLeft', 'Enter']) {
  stageTest(`the keyboard alone reaches the canvas and draws, from ${first} on`, async (hands, page) => {
    const held = []; // keys wait for what takes them, however late it comes
    await page.route('**/input/caret.mjs', (route) => held.push(route));
    for (let tab = 0; tab < 10 && !(await page.evaluate(() => document.activeElement === stage.parts.surface)); tab += 1) await page.keyboard.press('Tab');
    for (const key of ['r', first, 'Enter', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Enter']) await page.keyboard.press(key);
    near(await hands.area('b1'), 0, 0);
    for (const route of held) await route.continue();
    await page.waitForFunction(() => asked.length > 0);
    near(await hands.area('b1'), 144 * 96, 0);
    assert.deepEqual(await asked(page), ['b1']);
    assert.match(await page.evaluate(() => stage.parts.live.textContent), /x 528, y 352/);
  });
}
