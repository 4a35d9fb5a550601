// Pictures that the browser decodes and encodes.

/** @import {Pixels, Size} from '../document/types.d.ts' */

/** A picture's pixels by the browser's own decoder. @param {string} url @returns {Promise<Pixels>} */
export async function decodeInBrowser(url) {
  const image = await createImageBitmap(await (await fetch(url)).blob(), {colorSpaceConversion: 'none', premultiplyAlpha: 'none'});
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
  const image = await createImageBitmap(file).catch(() => {
    throw new Error('expected a picture, got a file that the browser cannot show');
  });
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
