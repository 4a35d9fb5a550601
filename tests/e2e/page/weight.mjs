// How much JavaScript the page loads before anybody has painted.

import assert from 'node:assert/strict';
import {pageTest, server} from './tests.mjs';

const MOST = 150_000;
const PHONE = {viewport: {width: 390, height: 844}, isMobile: true};

for (const [name, options] of [['1280 by 800', {}], ['a phone', PHONE]]) {
  pageTest(`at most ${MOST} bytes of JavaScript before the first stroke, at ${name}`, async (hands, page) => {
    const bodies = [];
    page.on('response', (response) => response.request().resourceType() === 'script' && bodies.push(response.body().then(({length}) => [length, new URL(response.url()).pathname])));
    await hands.open(server.address);
    await page.mouse.move(300, 300);
    await page.waitForLoadState('networkidle');
    const all = (await Promise.all(bodies)).toSorted(([a], [b]) => b - a);
    const sum = all.reduce((total, [length]) => total + length, 0);
    assert.ok(all.length > 20 && sum > MOST / 2, `only ${sum} bytes in ${all.length} modules`);
    assert.ok(sum <= MOST, `${sum} bytes:\n${all.map((each) => each.join(' ')).join('\n')}`);
  }, options);
}
