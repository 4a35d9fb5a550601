// Asking the program behind the WebUI by its own means: a hidden text of an accordion that it reads, and HTML that it writes the answer into.

/** What every page of the hosts has. @type {{updateInput(target: HTMLElement): void}} */
const host = /** @type {any} */ (globalThis);

const PATIENCE = 20_000; // milliseconds until an answer counts as lost
const SLOWEST = 600_000; // the same of what takes its time: networks may have to be downloaded

/** @type {WeakMap<HTMLElement, Asker>} */
const askers = new WeakMap();

/** The one that asks by an accordion's texts, whoever asks. @param {HTMLElement} accordion @returns {Asker} */
export function findAsker(accordion) {
  const found = askers.get(accordion) ?? new Asker(accordion);
  askers.set(accordion, found);
  return found;
}

export class Asker {
  /** @param {HTMLElement} root the accordion */
  constructor(root) {
    this.root = root;
    this.number = 0;
    /** @type {Record<string, Promise<unknown>>} one question after the other, apart for those that take their time */
    this.busy = {};
  }

  /** Ask when those before are answered. @param {() => object} make the question, when its turn has come @returns {Promise<any>} */
  ask(make) {
    return this.inTurn('', make, PATIENCE);
  }

  /** Ask what may take a minute. @param {() => object} make @returns {Promise<any>} */
  askSlowly(make) {
    return this.inTurn('slow_', make, SLOWEST);
  }

  /** @param {string} key @param {() => object} make @param {number} patience */
  inTurn(key, make, patience) {
    const done = (this.busy[key] ?? Promise.resolve()).then(() => this.send(key, make(), patience));
    this.busy[key] = done.catch(() => {});
    return done;
  }

  /** @param {string} key @param {object} question @param {number} patience @returns {Promise<any>} */
  send(key, question, patience) {
    const number = (this.number += 1);
    const field = /** @type {HTMLTextAreaElement | null} */ (this.root.querySelector(`[id$="_regiondiff_${key}ask"] textarea`));
    const answers = /** @type {HTMLElement | null} */ (this.root.querySelector(`[class*="_regiondiff_${key}answer"]`));
    if (!field || !answers) return Promise.reject(new Error('the accordion: expected its question and answer, got none; restart the WebUI'));
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = /** @type {HTMLElement | null} */ (answers.querySelector(`[data-number="${number}"]`));
        if (!found) return;
        const said = JSON.parse(found.dataset.answer ?? 'null');
        end(() => (said.error ? reject(new Error(said.error)) : resolve(said)));
      };
      const watcher = new MutationObserver(look);
      const timer = setTimeout(() => end(() => reject(new TypeError('fetch: the WebUI did not answer'))), patience);
      const end = (/** @type {() => void} */ tell) => {
        watcher.disconnect();
        clearTimeout(timer);
        tell();
      };
      watcher.observe(answers, {childList: true, subtree: true, attributes: true});
      field.value = `${number}\n${JSON.stringify(question)}`;
      host.updateInput(field);
    });
  }
}
