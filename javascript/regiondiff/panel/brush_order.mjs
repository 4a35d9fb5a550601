// Dragging a row of the list by its grip, with a mouse, a pen or a finger: a line shows where it goes.

/** @import {App} from '../page/app.mjs' */

/** @param {App} app @param {HTMLElement} list @param {HTMLElement} grip @param {HTMLElement} row */
export function listenGrip(app, list, grip, row) {
  /** @type {number | null} */
  let place = null;
  const rows = () => /** @type {HTMLElement[]} */ ([...list.children]);
  const flat = () => getComputedStyle(list).flexDirection === 'row' && getComputedStyle(list).display === 'flex';
  const find = (/** @type {PointerEvent} */ event) => {
    const across = flat();
    const found = rows().findIndex((each) => {
      const box = each.getBoundingClientRect();
      return across ? event.clientX < box.left + box.width / 2 : event.clientY < box.top + box.height / 2;
    });
    return found < 0 ? rows().length : found;
  };
  const mark = () => rows().forEach((each, index) => {
    each.classList.toggle('rd-before', index === place);
    each.classList.toggle('rd-after', place === rows().length && index === place - 1);
  });
  const end = (/** @type {boolean} */ keep) => {
    if (keep && place !== null) drop(app, rows().indexOf(row), place, rows().length, row.dataset.id ?? '');
    place = null;
    row.classList.remove('rd-dragged');
    mark();
  };
  grip.addEventListener('pointerdown', (event) => {
    if (event.button) return;
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    place = rows().indexOf(row);
    row.classList.add('rd-dragged');
  });
  grip.addEventListener('pointermove', (event) => {
    if (place === null) return;
    place = find(event);
    mark();
  });
  grip.addEventListener('pointerup', () => end(true));
  grip.addEventListener('pointercancel', () => end(false));
}

/** @param {App} app @param {number} from @param {number} to place between rows, from the top @param {number} count @param {string} id */
function drop(app, from, to, count, id) {
  const row = to > from ? to - 1 : to;
  if (row !== from) app.editor.moveBrush(id, count - 1 - row);
}
