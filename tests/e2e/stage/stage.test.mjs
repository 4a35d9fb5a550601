// The surface under real mouse, pen, fingers and keys in chromium.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Hands, findBrowser, servePage} from './stage_page.mjs';

const found = await findBrowser();
let browser, server;

before(async () => {
  if (!found) return;
  server = await servePage();
  browser = await found.chromium.launch({executablePath: found.executablePath, args: ['--no-sandbox']});
});

after(async () => {
  await browser?.close();
  server?.close();
});

/** A test with a page of its own; errors on the page fail it. */
function stageTest(name, body, options = {}) {
  test(name, {skip: !found}, async () => {
    const context = await browser.newContext({viewport: {width: 1000, height: 700}, hasTouch: true, ...options});
    try {
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(error.stack));
      await page.goto(server.address);
      await page.waitForFunction(() => window.stage);
      await body(new Hands(page, await context.newCDPSession(page)), page);
      assert.deepEqual(errors, []);
    } finally {
      await context.close();
    }
  });
}

const asked = (page) => page.evaluate(() => window.asked);
const near = (value, wanted, by) => assert.ok(Math.abs(value - wanted) <= by, `${value} is not ${wanted} within ${by}`);

stageTest('the first stroke makes a brush, and the prompt is asked for when the pen is lifted', async (hands, page) => {
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(200, 200, 8);
  assert.deepEqual(await asked(page), []);
  await page.mouse.up();
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
  await page.evaluate(() => [[0.125, 0.125, 0.25, 0.25], [0.5, 0.5, 0.75, 0.75]].forEach((box) => editor.addShape({rectangle: box})));
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
  await page.evaluate(() => stage.bench.select(editor.addShape({rectangle: [0, 0, 1, 1]})));
  await hands.set({tool: 'rectangle'});
  await page.evaluate(() => {
    const {left, top} = stage.parts.surface.getBoundingClientRect();
    const send = (type, x, button, buttons) => stage.parts.surface.dispatchEvent(new PointerEvent(type, {pointerId: 9, pointerType: 'pen', button, buttons, pressure: 0.5, clientX: left + stage.view.x + x * stage.view.zoom, clientY: top + stage.view.y + 100 * stage.view.zoom, bubbles: true, cancelable: true}));
    send('pointerdown', 100, 5, 32);
    send('pointermove', 300, -1, 32);
    send('pointerup', 300, 5, 0);
  });
  near(await hands.cover('b1', 200, 100), 0, 0);
});

stageTest('a palm is ignored while a pen is near, and a finger paints when it is gone', async (hands, page) => {
  await hands.pen('mouseMoved', 50, 50, {down: false});
  const stroke = async () => {
    await hands.touch('touchStart', [300, 300]);
    await hands.touch('touchMove', [350, 350]);
    await hands.touch('touchEnd');
  };
  await stroke();
  assert.equal(await page.evaluate(() => editor.document.palette.brushes.length), 0);
  await page.waitForTimeout(1600);
  await stroke();
  assert.ok((await hands.area('b1')) > 1000);
});

stageTest('two fingers pan and zoom, and take back what the first began', async (hands) => {
  const send = (type, ...touchPoints) => hands.session.send('Input.dispatchTouchEvent', {type, touchPoints: touchPoints.map((point, id) => ({...point, id}))});
  const [first, second, old] = [await hands.place(300, 200), await hands.place(400, 200), await hands.view()];
  await send('touchStart', first);
  await send('touchMove', {x: first.x - 2, y: first.y});
  await send('touchStart', {x: first.x - 2, y: first.y}, second);
  for (let step = 1; step <= 10; step += 1) await send('touchMove', {x: first.x - 5 * step, y: first.y + 3 * step}, {x: second.x + 5 * step, y: second.y + 3 * step});
  await send('touchEnd');
  assert.ok((await hands.view()).zoom > old.zoom * 1.8);
  near(await hands.area('b1'), 0, 0);
});

stageTest('the keyboard alone reaches the canvas and draws', async (hands, page) => {
  for (let tab = 0; tab < 10 && !(await page.evaluate(() => document.activeElement === stage.parts.surface)); tab += 1) await page.keyboard.press('Tab');
  for (const key of ['r', 'ArrowLeft', 'Enter', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Enter']) await page.keyboard.press(key);
  near(await hands.area('b1'), 144 * 96, 0);
  assert.deepEqual(await asked(page), ['b1']);
  assert.match(await page.evaluate(() => stage.parts.live.textContent), /x 528, y 352/);
});

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
});

stageTest('fills are opaque by painter\'s order, and over a picture only while painting', async (hands, page) => {
  await page.evaluate(() => {
    editor.addShape({rectangle: [0, 0, 0.5, 1]});
    editor.addShape({rectangle: [0.25, 0, 0.75, 1]});
  });
  assert.deepEqual(await hands.seen(100, 250), [10, 88, 168, 255]);
  assert.deepEqual(await hands.seen(300, 250), [86, 180, 106, 255]);
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
  assert.ok(red > 30 && green > 80 && green < 150, `${red} ${green}`);
  await page.mouse.up();
  assert.deepEqual(await hands.seen(300, 250), [0, 0, 0, 255]);
});

stageTest('a locked or hidden brush says so and stays as it is', async (hands, page) => {
  await page.evaluate(() => {
    stage.bench.select(editor.addShape({rectangle: [0, 0, 0.5, 0.5]}, 'sky'));
    states.set('b1', {locked: true});
    stage.brushesChanged();
  });
  const area = await hands.area('b1');
  await hands.drag([500, 400], [600, 420]);
  near(await hands.area('b1'), area, 0);
  assert.match(await page.evaluate(() => stage.parts.notice.textContent), /sky is locked/);
});

stageTest('a stroke stays when the browser takes the capture away', async (hands, page) => {
  await hands.move(100, 100);
  await page.mouse.down();
  await hands.move(200, 100);
  await page.evaluate(() => stage.parts.surface.releasePointerCapture(1));
  await hands.move(210, 100);
  assert.equal(await page.evaluate(() => stage.gestures.gesture), null);
  assert.ok((await hands.cover('b1', 150, 100)) > 200);
  assert.equal(await page.evaluate(() => editor.steps.length), 1);
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
      await page.evaluate(() => editor.addShape({rectangle: [0.25, 0.25, 0.5, 0.5]}));
      for (const [x, y, inside] of [[196, 132, true], [380, 252, true], [186, 190, false], [388, 200, false]]) assert.equal((await hands.seen(x, y))[0] === 10, inside, `${x} ${y}`);
    },
    {viewport, ...more},
  );
}

stageTest('typing a prompt draws no mask again; another colour and order do', async (hands, page) => {
  await page.evaluate(() => {
    editor.addShape({rectangle: [0, 0, 0.5, 1]});
    editor.addShape({rectangle: [0.25, 0, 0.75, 1]});
  });
  await hands.seen(300, 250);
  const waiting = () => page.evaluate(() => stage.surface.fills.dirty.tiles.size);
  await page.evaluate(() => {
    editor.document.palette.brushes[0].prompt = 'a calm sea at night';
    editor.emit({palette: true});
  });
  assert.equal(await waiting(), 0);
  assert.equal(await page.evaluate(() => stage.model.brush('b1').name), 'a calm sea');
  await page.evaluate(() => {
    editor.document.palette.brushes.reverse();
    editor.document.palette.brushes[1].colour = '#ff0000';
    editor.emit({order: true, palette: true});
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
  assert.equal(await page.evaluate(() => editor.steps.length), 0);
  await release();
  await page.waitForFunction(() => editor.steps.length === 2);
  near(await hands.area('b1'), 12500, 0);
  open = false;
  await page.evaluate(() => stage.settings.set({tool: 'lasso'}));
  for (const corner of [[100, 100], [300, 100], [300, 300]]) await hands.click(...corner);
  await release();
  await page.waitForFunction(() => stage.workshop.ready.has('lasso'));
  for (const corner of [[100, 300], [101, 101]]) await hands.click(...corner);
  near(await hands.area('b1'), 52500, 600);
});

stageTest('before the first stroke the surface loads at most 110 KB of JavaScript', async (_, page) => {
  const modules = await page.evaluate(() => performance.getEntriesByType('resource').filter(({name}) => name.includes('/javascript/')).map(({name, decodedBodySize}) => [name, name.endsWith('.mjs') ? decodedBodySize : 0]));
  const sum = modules.reduce((total, [, bytes]) => total + bytes, 0);
  assert.ok(sum > 30000 && sum <= 110 * 1024, `${sum} bytes: ${modules.join(' ')}`);
});
