// The desk of the tab: asks the program behind the WebUI by its own means, a text that it reads and an answer that it writes.

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void}} */
const host = /** @type {any} */ (globalThis);

const PATIENCE = 20000; // milliseconds until an answer counts as lost
const NONE = 'expected a file of this page, got one that only our own page opens: regiondiff serve';

export class Desk {
  /** @param {HTMLElement} root the tab @param {any} start @param {() => Record<string, unknown>} around what is around the palette */
  constructor(root, start, around) {
    this.root = root;
    this.start = start;
    this.around = around;
    this.number = 0;
    /** @type {Promise<unknown>} one question after the other */
    this.busy = Promise.resolve();
  }

  /** @param {string} path @returns {Promise<any>} */
  async get(path) {
    if (path !== 'api/presets') throw new Error(NONE);
    return {presets: this.start.presets, examples: [], styles: []};
  }

  /** @param {string} _path @param {{palette: unknown}} body @returns {Promise<any>} the verdict on a palette */
  post(_path, {palette}) {
    const done = this.busy.then(() => this.ask(palette));
    this.busy = done.catch(() => {});
    return done;
  }

  /** @param {unknown} palette @returns {Promise<any>} */
  ask(palette) {
    const number = (this.number += 1);
    const field = /** @type {HTMLTextAreaElement} */ (this.root.querySelector('[id$="_regiondiff_ask"] textarea'));
    const answers = /** @type {HTMLElement} */ (this.root.querySelector('[class*="_regiondiff_answer"]'));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = /** @type {HTMLElement | null} */ (answers.querySelector(`[data-number="${number}"]`));
        if (!found) return;
        const said = JSON.parse(found.dataset.answer ?? 'null');
        end(() => (said.error ? reject(new Error(said.error)) : resolve(said)));
      };
      const watcher = new MutationObserver(look);
      const timer = setTimeout(() => end(() => reject(new TypeError('fetch: the WebUI did not answer'))), PATIENCE);
      const end = (/** @type {() => void} */ tell) => {
        watcher.disconnect();
        clearTimeout(timer);
        tell();
      };
      watcher.observe(answers, {childList: true, subtree: true, attributes: true});
      field.value = `${number}\n${JSON.stringify({palette, around: this.around()})}`;
      host.updateInput(field);
    });
  }

  /** @returns {Promise<never>} */
  upload() {
    return Promise.reject(new Error(NONE));
  }

  /** @returns {Promise<never>} */
  download() {
    return Promise.reject(new Error(NONE));
  }
}
