// Lines that are seen on any ground: dark, and light dashes over them.

/**
 * A line that shows on any picture: white dashes on black.
 * @param {CanvasRenderingContext2D} context @param {() => void} stroke @param {number[]} dash
 */
export function strokeTwice(context, stroke, dash) {
  context.save();
  context.lineWidth = 1.5;
  context.strokeStyle = '#000';
  context.setLineDash([]);
  stroke();
  context.strokeStyle = '#fff';
  context.setLineDash(dash);
  stroke();
  context.restore();
}
