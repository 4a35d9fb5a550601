// Zip archives within limits, so that a file that unpacks to more than a page can hold is told and not opened.

import {unzipSync, zipSync} from '../vendor/fflate.mjs';

const MOST_BYTES = 2 ** 29;
const MOST_FILES = 512;

/** The bytes of an archive; pictures, which are packed already, are stored. @param {Record<string, Uint8Array>} files @returns {Uint8Array} */
export function pack(files) {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, [bytes, {level: /\.(png|jpe?g|webp)$/i.test(name) || name === 'mimetype' ? 0 : 6}]])));
}

/**
 * The files of an archive that are wanted. Throws an Error that says what was expected.
 * @param {Uint8Array} bytes @param {string} kind what it should be, as people know it @param {(name: string) => boolean} wanted @returns {Record<string, Uint8Array>}
 */
export function unpack(bytes, kind, wanted) {
  let [sum, count] = [0, 0];
  const filter = (/** @type {{name: string, originalSize: number}} */ {name, originalSize}) => {
    sum += originalSize;
    count += 1;
    if (sum > MOST_BYTES || count > MOST_FILES) throw new Error(`expected at most ${MOST_FILES} files of ${MOST_BYTES / 2 ** 20} MB together, got more`);
    return wanted(name);
  };
  try {
    return unzipSync(bytes, {filter});
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('expected')) throw error;
    throw new Error(`expected ${kind}, got something that cannot be unpacked`, {cause: error});
  }
}

/** @param {string} words */
export function encode(words) {
  return new TextEncoder().encode(words);
}

/** @param {Uint8Array | undefined} bytes */
export function decode(bytes) {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
