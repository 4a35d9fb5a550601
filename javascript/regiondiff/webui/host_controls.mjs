// Controls of a WebUI's tab: numbers, texts and lists, read from its page and set as if a person did.

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void, gradio_config?: {components: {props?: Record<string, any>}[]}}} */
const host = /** @type {any} */ (globalThis);

const PATIENCE = 1500; // milliseconds in which a list opens

export class HostControls {
  /** @param {Document} page @param {string} tab */
  constructor(page, tab) {
    this.page = page;
    this.tab = tab;
  }

  /** @param {string} name @param {string} [inside] @returns {HTMLInputElement | null} a control's field */
  find(name, inside = 'input, textarea') {
    return this.page.getElementById(`${this.tab}_${name}`)?.querySelector(inside) ?? null;
  }

  /** @param {string} name */
  has(name) {
    return this.find(name) !== null;
  }

  /** @param {string} name */
  read(name) {
    return (this.find(name, 'input:checked') ?? this.find(name))?.value ?? '';
  }

  /** @param {string} name @param {string | number} value */
  write(name, value) {
    const field = this.find(name);
    if (!field || field.value === String(value)) return;
    field.value = String(value);
    host.updateInput(field);
  }

  /** The words that a list offers. @param {string} name @returns {string[]} */
  listChoices(name) {
    const found = host.gradio_config?.components.find(({props}) => props?.elem_id === `${this.tab}_${name}`);
    return (found?.props?.choices ?? []).map((/** @type {string | string[]} */ each) => (Array.isArray(each) ? each[0] : each));
  }

  /** Take a list's entry: it is opened, and the entry pressed; or one of several buttons, as people may have samplers. @param {string} name @param {string} word */
  async choose(name, word) {
    const field = this.find(name, 'input');
    if (!field || this.read(name) === word) return;
    if (field.type === 'radio') return this.find(name, `input[value="${CSS.escape(word)}"]`)?.click();
    const root = /** @type {HTMLElement} */ (this.page.getElementById(`${this.tab}_${name}`));
    field.dispatchEvent(new FocusEvent('focus')); // it may be out of sight, where nothing gets the focus
    const entry = await until(() => [...root.querySelectorAll('ul li')].find((each) => clean(each) === word));
    entry?.dispatchEvent(new MouseEvent('mousedown', {bubbles: true, cancelable: true}));
    field.dispatchEvent(new FocusEvent('blur'));
    if (!entry) throw new Error(`${name}: expected one of the WebUI's own, got ${word}`);
  }
}

/** An entry's words, without the mark of the one that is chosen. @param {Element} entry */
function clean(entry) {
  return entry.getAttribute('aria-label') ?? (entry.textContent ?? '').replace('✓', '').trim();
}

/** Ask until there is something, or it takes too long. @template T @param {() => T} look @param {number} [patience] @returns {Promise<T>} */
export async function until(look, patience = PATIENCE) {
  for (const end = Date.now() + patience; ; ) {
    const found = look();
    if (found || Date.now() >= end) return found;
    await new Promise((go) => setTimeout(go, 50));
  }
}
