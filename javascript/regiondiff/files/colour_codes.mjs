// Colours with a meaning for other programs: those of Regional Prompter's regions, and ADE20K's, one for each kind of thing.

/** @import {Brush} from '../document/types.d.ts' */
/** @typedef {{colour: number, name: string}} Entry */
/** @typedef {'regional prompter' | 'ade20k'} Code */

/** The kinds of things of ADE20K's 150; "skyscraper" has the colour of "road" there, so the first one is read. */
const THINGS =
  '787878 wall; b47878 building; 06e6e6 sky; 503232 floor; 04c803 tree; 787850 ceiling; 8c8c8c road; cc05ff bed; e6e6e6 windowpane; 04fa07 grass; ' +
  'e005ff cabinet; ebff07 sidewalk; 96053d person; 787846 earth; 08ff33 door; ff0652 table; 8fff8c mountain; ccff04 plant; ff3307 curtain; cc4603 chair; ' +
  '0066c8 car; 3de6fa water; ff0633 painting; 0b66ff sofa; ff0747 shelf; ff09e0 house; 0907e6 sea; dcdcdc mirror; ff095c rug; 7009ff field; ' +
  '08ffd6 armchair; 07ffe0 seat; ffb806 fence; 0aff47 desk; ff290a rock; 07ffff wardrobe; e0ff08 lamp; 6608ff bathtub; ff3d06 railing; ffc207 cushion; ' +
  'ff7a08 base; 00ff14 box; ff0829 column; ff0599 signboard; 0633ff chest of drawers; eb0cff counter; a09614 sand; 00a3ff sink; 8c8c8c skyscraper; ' +
  'fa0a0f fireplace; 14ff00 refrigerator; 1fff00 grandstand; ff1f00 path; ffe000 stairs; 99ff00 runway; 0000ff case; ff4700 pool table; 00ebff pillow; ' +
  '00adff screen door; 1f00ff stairway; 0bc8c8 river; ff5200 bridge; 00fff5 bookcase; 003dff blind; 00ff70 coffee table; 00ff85 toilet; ff0000 flower; ' +
  'ffa300 book; ff6600 hill; c2ff00 bench; 008fff countertop; 33ff00 stove; 0052ff palm; 00ff29 kitchen island; 00ffad computer; 0a00ff swivel chair; ' +
  'adff00 boat; 00ff99 bar; ff5c00 arcade machine; ff00ff hovel; ff00f5 bus; ff0066 towel; ffad00 light; ff0014 truck; ffb8b8 tower; 001fff chandelier; ' +
  '00ff3d awning; 0047ff streetlight; ff00cc booth; 00ffc2 television receiver; 00ff52 airplane; 000aff dirt track; 0070ff apparel; 3300ff pole; ' +
  '00c2ff land; 007aff bannister; 00ffa3 escalator; ff9900 ottoman; 00ff0a bottle; ff7000 buffet; 8fff00 poster; 5200ff stage; a3ff00 van; ffeb00 ship; ' +
  '08b8aa fountain; 8500ff conveyer belt; 00ff5c canopy; b800ff washer; ff001f plaything; 00b8ff swimming pool; 00d6ff stool; ff0070 barrel; ' +
  '5cff00 basket; 00e0ff waterfall; 70e0ff tent; 46b8a0 bag; a300ff minibike; 9900ff cradle; 47ff00 oven; ff00a3 ball; ffcc00 food; ff008f step; ' +
  '00ffeb tank; 85ff00 trade name; ff00eb microwave; f500ff pot; ff007a animal; fff500 bicycle; 0abed4 lake; d6ff00 dishwasher; 00ccff screen; ' +
  '1400ff blanket; ffff00 sculpture; 0099ff hood; 0029ff sconce; 00ffcc vase; 2900ff traffic light; 29ff00 tray; ad00ff ashcan; 00f5ff fan; 4700ff pier; ' +
  '7a00ff crt screen; 00ffb8 plate; 005cff monitor; b8ff00 bulletin board; 0085ff shower; ffd600 radiator; 19c2c2 glass; 66ff00 clock; 5c00ff flag';

/** How far (0..441) a colour may be from one of a code and still be meant: what JPEG does to an area. */
const NEAR = 12;
/** Share of the pixels with meant colours from which on a picture is in that code. */
const MOST = 0.9;
const REGIONS = 64;
/** Colours that are looked at, the most frequent ones: a photo has hundreds of thousands. */
const LOOKED = 4096;
const GROUND = [0xffffff, 0x000000];

/** @type {Readonly<Record<Code, readonly Entry[]>>} */
export const CODES = {
  'regional prompter': Array.from({length: REGIONS}, (_, index) => ({colour: colourOfRegion(index), name: ''})),
  ade20k: THINGS.split('; ').map((entry) => ({colour: Number.parseInt(entry.slice(0, 6), 16), name: entry.slice(7)})),
};

/** Hues halve the circle again and again: 0, 180, 90, 270, 45, 135 ... degrees, all half as full and half as light. @param {number} index */
function colourOfRegion(index) {
  const parts = 2 ** Math.ceil(Math.log2(index + 1));
  const hue = index ? (2 * (index - parts / 2) + 1) / parts : 0;
  const band = (/** @type {number} */ shift) => {
    const at = (hue * 6 + shift) % 6;
    return Math.floor(256 * (0.5 - 0.25 * Math.max(0, Math.min(1, at, 4 - at))));
  };
  return (band(5) << 16) | (band(3) << 8) | band(1);
}

/**
 * The code of a map and which of its colours are there, in the code's order; null where it is in none.
 * @param {[number, number][]} counts the most frequent colours with their pixels, the first ones first @param {number} total pixels of all colours but the grounds
 * @param {number} least pixels that make an area @returns {{code: Code, entries: Entry[]} | null}
 */
export function findCode(counts, total, least) {
  const frequent = counts.slice(0, LOOKED);
  const found = /** @type {Code[]} */ (Object.keys(CODES)).map((code) => ({code, ...countAreas(CODES[code], frequent)}));
  const [best] = found.sort((a, b) => b.sum - a.sum);
  const entries = [...best.areas].filter(([, count]) => count >= least).map(([entry]) => entry);
  return total && best.sum >= MOST * total && entries.length ? {code: best.code, entries: CODES[best.code].filter((entry) => entries.includes(entry))} : null;
}

/** Whether a colour is what no area has. @param {number} colour */
export function isGround(colour) {
  return GROUND.some((ground) => measure(colour, ground) <= NEAR);
}

/** @param {readonly Entry[]} code @param {[number, number][]} counts */
function countAreas(code, counts) {
  /** @type {Map<Entry, number>} */
  const areas = new Map();
  let sum = 0;
  for (const [colour, count] of counts) {
    const entry = isGround(colour) ? undefined : code.reduce((best, each) => (measure(colour, each.colour) < measure(colour, best.colour) ? each : best));
    if (!entry || measure(colour, entry.colour) > NEAR) continue;
    areas.set(entry, (areas.get(entry) ?? 0) + count);
    sum += count;
  }
  return {areas, sum};
}

/** @param {number} a @param {number} b */
export function measure(a, b) {
  const [red, green, blue] = [(a >> 16) - (b >> 16), ((a >> 8) & 255) - ((b >> 8) & 255), (a & 255) - (b & 255)];
  return Math.sqrt(red * red + green * green + blue * blue);
}

/**
 * What colour each brush has in a code; null where the code has none for what the brush shows.
 * @param {Code} code @param {readonly Brush[]} brushes from the lowest up @returns {(number | null)[]}
 */
export function listColours(code, brushes) {
  if (code === 'regional prompter') return brushes.map((_, index) => CODES[code][index]?.colour ?? null);
  return brushes.map(({name, prompt}) => (findThing(name) ?? findThing(prompt))?.colour ?? null);
}

/** The kind of thing that a text names; of several the longest name, then the last one. @param {string} text */
function findThing(text) {
  const words = ` ${text.toLowerCase().replace(/[^a-z]+/g, ' ')} `;
  const named = CODES.ade20k.filter(({name}) => words.includes(` ${name} `));
  return named.sort((a, b) => b.name.length - a.name.length || words.lastIndexOf(` ${b.name} `) - words.lastIndexOf(` ${a.name} `))[0];
}
