// Strange inputs by seed: what strangers, other programs and broken disks make of files.

/** Numbers 0..1, the same for the same seed. @param {number} seed */
export function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pick = (random, list) => list[Math.floor(random() * list.length)];

const WORDS = [
  '', ' ', '../../etc/passwd', '__proto__', 'constructor', 'hasOwnProperty', '<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', 'a :: {b}', ' :: {"layer":"picture"}',
  'بيت أحمر', '\u202eesrever', '👩‍👩‍👧', 'e\u0301\u0000\u0007\ufffe', '\ud800', 'tab\tand\r\nline', '#1', 'x copy #2', 'x'.repeat(201), 'x'.repeat(20001), 'data:image/png;base64,AAAA', 'data:image/png;base64,AAAAA', 'data:text/html,<b>',
  '#12345g', '#ABCDEF', 'masks/1.png', 'auto', 'thing',
];
const NUMBERS = [0, -0, 1, -1, 0.5, 2, 64, 1e308, -1e308, 5e-324, 2 ** 53, 1e20, 16385];
const OTHERS = [null, true, false, [], {}, [[]], 'DEEP', {rectangle: [0, 0, 1, 1]}, {ellipse: [1, 1, 0, 0]}, {polygon: [[0, 0], [2, -1], [0.5, 0.5]]}, {file: '../x.png'}, {file: 'masks/1.png'}, {file: 'constructor'}];

/** @param {() => number} random */
const makeValue = (random) => structuredClone(pick(random, pick(random, [WORDS, NUMBERS, OTHERS])));

/** All places in plain data. @param {any} value @returns {{holder: any, key: string}[]} */
function listPlaces(value) {
  if (value === null || typeof value !== 'object') return [];
  return Object.keys(value).flatMap((key) => [{holder: value, key}, ...listPlaces(value[key])]);
}

/** Plain data in which one thing is another one, is gone, or is new. @param {any} value @param {() => number} random */
export function bendPlain(value, random) {
  const made = structuredClone(value);
  const {holder, key} = pick(random, listPlaces(made));
  const kind = random();
  if (kind < 0.7) holder[key] = makeValue(random);
  else if (kind < 0.8) delete holder[key];
  else if (Array.isArray(holder)) holder.push(structuredClone(holder[key]));
  else holder[pick(random, ['further', 'PROTO', 'constructor', 'toString', 'colour', 'name', 'mask', 'image'])] = makeValue(random);
  return made;
}

/** The same as JSON, which can say what plain data hardly can. @param {any} value @param {() => number} random @returns {string} */
export function bendJson(value, random) {
  return JSON.stringify(bendPlain(value, random)).replace('"PROTO":', '"__proto__":').replace('"DEEP"', `${'['.repeat(5000)}${']'.repeat(5000)}`);
}

/** Bytes of which some are others, were lost, or come twice. @param {Uint8Array} bytes @param {() => number} random */
export function bendBytes(bytes, random) {
  const made = [bytes.slice()];
  const at = () => Math.floor(random() * bytes.length);
  const kind = random();
  if (kind < 0.6) for (let count = 1 + Math.floor(random() * 4); count; count -= 1) made[0][at()] = Math.floor(random() * 256);
  else if (kind < 0.8) return bytes.slice(0, at());
  else {
    const [from, to] = [at(), at()].sort((a, b) => a - b);
    return Uint8Array.from([...bytes.slice(0, to), ...bytes.slice(from)]);
  }
  return made[0];
}

/** Text with letters that are others, gone, or words that are odd. @param {string} text @param {() => number} random */
export function bendText(text, random) {
  const at = Math.floor(random() * text.length);
  const length = Math.floor(random() * (random() < 0.5 ? 3 : 60));
  return text.slice(0, at) + pick(random, ['', '"', '<', '>', '/', '&#x110000;', '&#0;', '&bomb;', '9', '-1e9', '0.5', '}', ...WORDS.slice(0, 18)]) + text.slice(at + length);
}
