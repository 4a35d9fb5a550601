// What is loaded when it is needed: once, and again where it did not come.

/** @template T @param {() => Promise<T>} load @returns {() => Promise<T>} */
export function loadOnce(load) {
  /** @type {Promise<T> | null} */
  let found = null;
  return () => {
    found ??= load().catch((error) => {
      found = null;
      throw error;
    });
    return found;
  };
}

/** Whether something is no fault of the page: the server did not give a module or an answer. @param {unknown} error */
export function isGone(error) {
  return error instanceof TypeError && /fetch|load|import/i.test(error.message);
}
