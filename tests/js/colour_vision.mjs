// How colours look, also to colour-blind eyes.

/** Linear light of #rrggbb, 0..1 each. @param {string} colour @returns {number[]} */
export function toLinear(colour) {
  const rgb = Number.parseInt(colour.slice(1), 16);
  return [rgb >> 16, (rgb >> 8) & 255, rgb & 255].map((value) => (value <= 10.31475 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
}

/** What eyes without one kind of cones see (Viénot, Brettel and Mollon 1999), in linear light. */
export const BLIND = {
  none: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
  deuteranopia: [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
};

/** Lightness and two chroma axes (CIELAB, D65). @param {number[]} linear */
export function toLab([r, g, b]) {
  const xyz = [(0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505, 0.2126 * r + 0.7152 * g + 0.0722 * b, (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089];
  const [x, y, z] = xyz.map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** How far apart two colours look (CIE 1976). @param {string} a @param {string} b @param {keyof typeof BLIND} [eyes] */
export function measureDistance(a, b, eyes = 'none') {
  const [first, second] = [a, b].map((colour) => {
    const linear = toLinear(colour);
    return toLab(BLIND[eyes].map((row) => row.reduce((sum, share, band) => sum + share * linear[band], 0)));
  });
  return Math.hypot(...first.map((value, index) => value - second[index]));
}
