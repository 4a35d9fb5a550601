// Areas within areas: a moon in the sky lies on the sky, which goes on below it.

/** Areas from which on a picture is noise or a photograph, in which nothing lies on anything. */
const MOST = 2 ** 16;

/**
 * The owners that lie wholly within each owner: no way leads from them to the rim of the picture but through it. Ways go
 * from a pixel to the four beside it.
 * @param {Uint8Array} owners one for each pixel @param {number} width @param {number} count of owners
 * @returns {Set<number>[]} for each owner those within it
 */
export function findEnclosed(owners, width, count) {
  const found = Array.from({length: count}, () => /** @type {Set<number>} */ (new Set()));
  const areas = findAreas(owners, width);
  if (areas.count > MOST) return found;
  const {beside, rim} = findNeighbours(areas.labels, width);
  const present = [...new Set(areas.owners)];
  for (const outer of present) {
    const out = flood(areas.owners, beside, rim, outer);
    const reached = new Set(areas.owners.filter((_, area) => out[area]));
    for (const inner of present) if (inner !== outer && !reached.has(inner)) found[outer].add(inner);
  }
  return found;
}

/**
 * The areas of pixels that have one owner and lie beside each other: the area of each pixel, and the owner of each area.
 * @param {Uint8Array} owners @param {number} width
 */
function findAreas(owners, width) {
  const labels = new Int32Array(owners.length);
  const parents = new Int32Array(owners.length);
  const find = (/** @type {number} */ at) => {
    while (parents[at] !== at) at = parents[at] = parents[parents[at]];
    return at;
  };
  for (let at = 0; at < owners.length; at += 1) {
    parents[at] = at;
    const left = at % width && owners[at - 1] === owners[at] ? find(at - 1) : at;
    const above = at >= width && owners[at - width] === owners[at] ? find(at - width) : at;
    const least = Math.min(left, above);
    parents[left] = parents[above] = parents[at] = least;
  }
  /** @type {number[]} */
  const kept = [];
  for (let at = 0; at < owners.length; at += 1) {
    const root = find(at);
    if (root === at) labels[at] = kept.push(owners[at]) - 1;
    else labels[at] = labels[root];
  }
  return {labels, owners: kept, count: kept.length};
}

/** Which areas touch, and which touch the rim. @param {Int32Array} labels @param {number} width */
function findNeighbours(labels, width) {
  /** @type {Set<number>[]} */
  const beside = [];
  /** @type {Set<number>} */
  const rim = new Set();
  const touch = (/** @type {number} */ one, /** @type {number} */ other) => {
    if (one === other) return;
    (beside[one] ??= new Set()).add(other);
    (beside[other] ??= new Set()).add(one);
  };
  for (let at = 0; at < labels.length; at += 1) {
    const column = at % width;
    if (column) touch(labels[at], labels[at - 1]);
    if (at >= width) touch(labels[at], labels[at - width]);
    if (!column || column === width - 1 || at < width || at >= labels.length - width) rim.add(labels[at]);
  }
  return {beside, rim};
}

/**
 * Which areas can be reached from the rim without those of one owner.
 * @param {number[]} owners @param {Set<number>[]} beside @param {Set<number>} rim @param {number} without
 */
function flood(owners, beside, rim, without) {
  const seen = new Uint8Array(owners.length);
  const next = [...rim].filter((area) => owners[area] !== without);
  for (const area of next) seen[area] = 1;
  for (let area = next.pop(); area !== undefined; area = next.pop()) {
    for (const other of beside[area] ?? []) {
      if (seen[other] || owners[other] === without) continue;
      seen[other] = 1;
      next.push(other);
    }
  }
  return seen;
}
