// Pictures that the browser decodes and encodes.

import {MOST_PIXELS} from '../document/sizes.mjs';

/** @import {Pixels, Size} from '../document/types.d.ts' */

/** Pixels of a photograph that the browser is asked to decode. */
const MOST = 2 ** 27;

/** A picture, decoded; its size is known before, so that a small file with a huge picture is refused. @param {Blob} file @param {ImageBitmapOptions} [how] @param {number} [most] pixels */
export async function openPicture(file, how, most = MOST) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  const known = new Promise((resolve, reject) => Object.assign(image, {onload: resolve, onerror: reject}));
  try {
    await known.catch(() => {
      throw new Error('expected a picture, got a file that the browser cannot show');
    });
    const {naturalWidth: width, naturalHeight: height} = image;
    if (width * height > most) throw new Error(`expected a picture of at most ${Math.floor(most / 1e6)} million pixels, got ${width} x ${height}`);
    return await createImageBitmap(file, how);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** A picture's pixels by the browser's own decoder. @param {string} url @returns {Promise<Pixels>} */
export async function decodeInBrowser(url) {
  const image = await openPicture(await (await fetch(url)).blob(), {colorSpaceConversion: 'none', premultiplyAlpha: 'none'}, MOST_PIXELS);
  return readPixels(image, image);
}

/** @param {CanvasImageSource} image @param {Size} size @returns {Pixels} */
export function readPixels(image, size) {
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(image, 0, 0, size.width, size.height);
  return context.getImageData(0, 0, size.width, size.height);
}

/** A picture that fills a canvas, cut where its aspect is another, as a data URL. @param {Blob} file @param {Size} size @returns {Promise<string>} */
export async function fitPicture(file, size) {
  const image = await openPicture(file);
  const scale = Math.max(size.width / image.width, size.height / image.height);
  const [wide, high] = [size.width / scale, size.height / scale];
  const canvas = new OffscreenCanvas(size.width, size.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(image, (image.width - wide) / 2, (image.height - high) / 2, wide, high, 0, 0, size.width, size.height);
  return readUrl(await canvas.convertToBlob({type: 'image/png'}));
}

/** @param {Blob} blob @returns {Promise<string>} */
export function readUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
