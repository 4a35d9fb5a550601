// Elements in one call.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element: properties that are functions listen, `class` and names with a dash are attributes, the rest are properties.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Document} page @param {Name} name @param {Record<string, unknown>} [properties] @param {Child[]} children @returns {HTMLElementTagNameMap[Name]}
 */
export function make(page, name, properties = {}, ...children) {
  const element = page.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'function') element.addEventListener(key, /** @type {EventListener} */ (value));
    else if (key === 'class' || key === 'role' || key === 'for' || key === 'list' || key.includes('-')) element.setAttribute(key, String(value));
    else Object.assign(element, {[key]: value});
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
