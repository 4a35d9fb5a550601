// What is seen on any ground: dark lines with light dashes over them, and light grips with a dark line around.

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

/** Fill and line of what people take hold of, by the path that is there. @param {CanvasRenderingContext2D} context */
export function drawGrip(context) {
  context.fillStyle = '#fff';
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = '#111';
  context.stroke();
}
