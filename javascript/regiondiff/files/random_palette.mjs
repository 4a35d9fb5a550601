// A palette by chance, to start from: a ground, a far and a near strip, and one or two things.

const GROUNDS = ['a clear evening sky', 'a blue sky', 'a night sky', 'a misty morning'];
const STRIPS = ['grass', 'the sea', 'sand', 'snow', 'water'];
const THINGS = ['a red house', 'a green tree', 'a yellow sun', 'a blue star', 'a white boat', 'an orange heart'];

/** @param {{width: number, height: number}} size @param {() => number} [random] @returns {object} */
export function makeRandomPalette(size, random = Math.random) {
  const pick = (/** @type {string[]} */ list) => list[Math.floor(random() * list.length)];
  const shore = 0.5 + 0.25 * random();
  const hill = {polygon: [[0, shore], [0.3, shore - 0.1 * random()], [0.65, shore + 0.05 * random()], [1, shore - 0.08 * random()], [1, 1], [0, 1]]};
  const brushes = [{id: 'b1', name: '', prompt: pick(STRIPS), kind: 'auto', mask: hill}];
  const count = 1 + Math.floor(2 * random());
  for (let index = 0; index < count; index += 1) {
    const wide = 0.22 + 0.12 * random();
    const high = (wide * size.width) / size.height;
    const left = (index + 0.15 + 0.3 * random()) / count;
    const top = Math.max(0.03, shore - high * (0.6 + 0.4 * random()));
    brushes.push({id: `b${index + 2}`, name: '', prompt: pick(THINGS), kind: 'auto', mask: /** @type {any} */ ({ellipse: [left, top, Math.min(0.99, left + wide), Math.min(0.99, top + high)]})});
  }
  return {version: 1, size, background: {prompt: pick(GROUNDS)}, brushes};
}
