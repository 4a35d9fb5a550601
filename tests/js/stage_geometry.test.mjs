// Viewport, tool geometry, keys and settings of the surface.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import * as boxes from '../../javascript/regiondiff/stage/geometry/boxes.mjs';
import * as handles from '../../javascript/regiondiff/stage/geometry/handles.mjs';
import * as polygons from '../../javascript/regiondiff/stage/geometry/polygons.mjs';
import {COMMANDS, findCommand, keyNames} from '../../javascript/regiondiff/stage/input/keys.mjs';
import {createSettings, stepSize} from '../../javascript/regiondiff/stage/settings.mjs';
import * as viewport from '../../javascript/regiondiff/stage/viewport.mjs';

const geometry = {...boxes, ...handles, ...polygons};
let seed = 3;
const random = (low, high) => low + ((seed = (seed * 48271) % 2147483647) / 2147483647) * (high - low);
const near = (a, b, by = 1e-6) => Math.abs(a.x - b.x) < by && Math.abs(a.y - b.y) < by;
const anyView = () => ({zoom: 2 ** random(-4, 4), x: random(-900, 900), y: random(-900, 900)});
const anyPoint = () => ({x: random(-50, 1500), y: random(-50, 1500)});

test('what is under the pointer stays there when it zooms', () => {
  for (let index = 0; index < 200; index += 1) {
    const [view, at] = [anyView(), anyPoint()];
    const next = viewport.zoomTo(view, random(0.001, 200), at);
    assert.ok(near(viewport.toCanvas(view, at), viewport.toCanvas(next, at), 1e-3));
    assert.ok(next.zoom >= viewport.LEAST_ZOOM && next.zoom <= viewport.MOST_ZOOM);
    assert.ok(near(viewport.toPane(view, viewport.toCanvas(view, at)), at, 1e-6));
  }
});

test('two fingers keep what they hold', () => {
  const before = [{x: 100, y: 100}, {x: 200, y: 100}];
  const after = [{x: 150, y: 90}, {x: 350, y: 90}];
  const view = {zoom: 1.5, x: 20, y: -30};
  const next = viewport.pinch(view, before, after);
  [0, 1].forEach((finger) => assert.ok(near(viewport.toCanvas(view, before[finger]), viewport.toCanvas(next, after[finger]))));
  assert.equal(next.zoom, 3);
});

test('fit shows the whole canvas inside the margins and centres it', () => {
  const margin = {left: 70, top: 60, right: 16, bottom: 16};
  for (const [width, height] of [[64, 64], [768, 512], [512, 4096], [16384, 64]]) {
    const pane = {width: 900, height: 700};
    const view = viewport.fit({width, height}, pane, margin);
    assert.ok(view.x >= margin.left - 1e-6 && view.y >= margin.top - 1e-6);
    assert.ok(Math.abs(view.x - margin.left - (pane.width - margin.right - view.x - width * view.zoom)) < 1e-6);
    const box = viewport.boxToPane(view, {left: 0, top: 0, right: width, bottom: height});
    assert.ok(box.left >= 0 && box.top >= 0 && box.right <= pane.width && box.bottom <= pane.height);
  }
});

test('the canvas cannot be lost, and stops are found both ways', () => {
  const [pane, size] = [{width: 500, height: 400}, {width: 768, height: 512}];
  for (const way of [1, -1]) {
    const view = viewport.keepVisible({zoom: 1, x: way * 1e6, y: way * 1e6}, pane, size);
    const box = viewport.boxToPane(view, {left: 0, top: 0, right: size.width, bottom: size.height});
    assert.ok(Math.min(box.right, pane.width) - Math.max(box.left, 0) >= 47 && Math.min(box.bottom, pane.height) - Math.max(box.top, 0) >= 47);
  }
  assert.equal(viewport.nextStop(1, 1), 1.25);
  assert.equal(viewport.nextStop(1, -1), 0.75);
  assert.equal(viewport.nextStop(100, 1), 32);
  const snapped = viewport.snap({zoom: 1, x: 10.33, y: 7.7}, 1.25);
  assert.ok(Math.abs(snapped.x * 1.25 - Math.round(snapped.x * 1.25)) < 1e-9);
});

test('drags: square with Shift, from the centre with Alt', () => {
  const [first, last] = [{x: 10, y: 10}, {x: 40, y: 20}];
  assert.deepEqual(geometry.dragBox(first, last, {}), {left: 10, top: 10, right: 40, bottom: 20});
  assert.deepEqual(geometry.dragBox(last, first, {square: true}), {left: 10, top: -10, right: 40, bottom: 20});
  assert.deepEqual(geometry.dragBox(first, last, {centre: true}), {left: -20, top: 0, right: 40, bottom: 20});
  const straight = viewport.straighten(first, {x: 50, y: 13});
  assert.ok(near(straight, {x: 50, y: 10}));
  assert.ok(near(viewport.straighten(first, {x: 30, y: 31}), {x: 30.5, y: 30.5}));
  assert.equal(geometry.wholeBox({left: -9, top: 3, right: -1, bottom: 9}, {width: 64, height: 64}), null);
});

test('handles scale about the opposite side, or the middle, and keep the aspect', () => {
  const box = {left: 10, top: 20, right: 110, bottom: 70};
  assert.deepEqual(geometry.scaleBox(box, 'se', {x: 50, y: 10}, {}), {left: 10, top: 20, right: 160, bottom: 80});
  assert.deepEqual(geometry.scaleBox(box, 'nw', {x: 50, y: 10}, {}), {left: 60, top: 30, right: 110, bottom: 70});
  assert.deepEqual(geometry.scaleBox(box, 'e', {x: 20, y: 99}, {centre: true}), {left: -10, top: 20, right: 130, bottom: 70});
  for (const handle of geometry.HANDLES) {
    const scaled = geometry.scaleBox(box, handle, {x: 31, y: -17}, {square: true});
    assert.ok(Math.abs((scaled.right - scaled.left) / (scaled.bottom - scaled.top) - 2) < 1e-9, handle);
    const least = geometry.scaleBox(box, handle, {x: handle.includes('w') ? 500 : -500, y: handle.includes('n') ? 500 : -500}, {});
    assert.ok(least.right - least.left >= 1 && least.bottom - least.top >= 1);
    assert.equal(geometry.findHandle(box, geometry.handlePoint(box, handle), 8), handle);
  }
  assert.equal(geometry.findHandle(box, {x: 50, y: 40}, 8), null);
});

test('a lasso keeps its form with few corners', () => {
  const path = Array.from({length: 5000}, (_, index) => ({x: 500 + 300 * Math.cos(index / 796), y: 500 + 200 * Math.sin(index / 796)}));
  const corners = geometry.simplify(path, 0.5);
  assert.ok(corners.length < 120 && corners.length > 20);
  for (const point of path) assert.ok(corners.some((corner, index) => index > 0 && geometry.distanceToLine(point, corners[index - 1], corner) <= 0.51));
  const wild = Array.from({length: 9000}, () => anyPoint());
  assert.ok(geometry.simplify(wild, 0.1).length <= geometry.MOST_CORNERS);
});

const press = (key, code, more = {}) => ({key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more});

test('keys are found by character and by place', () => {
  const id = (...all) => findCommand(press(...all))?.id ?? null;
  assert.equal(id('b', 'KeyB'), 'tool.brush');
  assert.equal(id('B', 'KeyB'), 'tool.brush', 'Caps Lock');
  assert.equal(id('и', 'KeyB'), 'tool.brush', 'Cyrillic');
  assert.equal(id('b', 'KeyB', {ctrlKey: true}), null);
  assert.equal(id('[', 'BracketLeft'), 'size.down');
  assert.equal(id('{', 'BracketLeft', {shiftKey: true}), 'hardness.down');
  assert.equal(id('[', 'Digit8', {ctrlKey: true, altKey: true, getModifierState: () => true}), 'size.down', 'German');
  assert.equal(id('0', 'Digit0', {metaKey: true}), 'view.fit');
  assert.equal(id('!', 'Digit1', {shiftKey: true}), 'view.overlay');
  assert.equal(id('7', 'Digit7'), 'select.7');
  assert.deepEqual(keyNames(press('ArrowUp', 'ArrowUp', {altKey: true})), ['Alt+ArrowUp']);
});

test('no two commands share a key, and none is a browser\'s own', () => {
  const keys = COMMANDS.flatMap((command) => command.keys);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of ['Ctrl+T', 'Ctrl+W', 'Ctrl+N', 'Ctrl+L', 'F5', 'Ctrl+R', 'Alt+ArrowLeft', 'Tab']) assert.ok(!keys.includes(key));
});

test('settings keep to their ranges, tell changes once, and remember the tool before', () => {
  const settings = createSettings({size: 5000, tool: 'lasso', nonsense: 1, hardness: 'x'});
  assert.equal(settings.values.size, 1024);
  assert.equal(settings.values.hardness, 0.9);
  const told = [];
  settings.on((changed) => told.push(changed));
  settings.set({tool: 'fill'});
  settings.set({tool: 'fill'});
  assert.deepEqual(told, [{tool: 'fill', previous: 'lasso'}]);
  let size = 1;
  for (let index = 0; index < 80; index += 1) size = stepSize(size, 1);
  assert.equal(size, 1024);
  for (let index = 0; index < 80; index += 1) size = stepSize(size, -1);
  assert.equal(size, 1);
});
