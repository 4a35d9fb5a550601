// Fill: the area around a point that looks alike, to the active brush's mask or the colour layer.

/** @typedef {import('./tool.mjs').Tool} Tool */

/** @type {Tool} */
export const fill = {
  name: 'fill',
  words: ['words.fill', 'words.subtract'],
  options: ['target', 'operation'],
  ring: false,
  cursor: 'crosshair',
  begin(bench, point, start) {
    const erase = start.modifiers.ctrl || bench.settings.values.operation === 'subtract';
    return {
      paints: false,
      drag() {},
      release(last) {
        const work = bench.beginWork('history.fill', erase);
        work?.fill({x: Math.floor(last.x), y: Math.floor(last.y)}, erase);
        work?.commit();
        return true;
      },
      cancel() {},
    };
  },
};
