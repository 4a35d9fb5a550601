// PNG without a canvas: 8-bit grey and RGBA are written; those and RGB, without interlacing, are read. Pure.

import {MOST_PIXELS} from './sizes.mjs';

/** @import {Size} from './types.d.ts' */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
/** Channels of the colour types that are known. @type {Record<number, number>} */
const CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4};

/** @param {Uint8Array} data @param {number} width @param {number} height @param {1 | 4} channels @returns {Promise<Uint8Array>} */
export async function encodePng(data, width, height, channels) {
  const stride = width * channels;
  const raw = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y += 1) raw.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 1 ? 0 : 6, 0, 0, 0], 8);
  const parts = [Uint8Array.from(SIGNATURE), chunk('IHDR', header), chunk('IDAT', await run(raw, new CompressionStream('deflate'))), chunk('IEND', new Uint8Array(0))];
  return join(parts);
}

/**
 * The pixels of a PNG with their number of channels; null for a kind that only a browser's decoder reads. Throws an Error for one
 * that says it has more pixels than a canvas can, or has more than it says.
 * @param {Uint8Array} bytes @returns {Promise<{data: Uint8Array, width: number, height: number, channels: number} | null>}
 */
export async function decodePng(bytes) {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  let head = null;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR' && body.length >= 13) head = {width: view.getUint32(at + 8), height: view.getUint32(at + 12), depth: body[8], kind: body[9], interlaced: body[12]};
    if (name === 'tRNS') return null;
    if (name === 'IDAT') parts.push(body);
    at += 12 + length;
  }
  if (!head || head.depth !== 8 || head.interlaced || !CHANNELS[head.kind]) return null;
  const channels = CHANNELS[head.kind];
  if (!head.width || !head.height) throw new Error(`expected a PNG with pixels, got ${head.width} x ${head.height}`);
  if (head.width * head.height > MOST_PIXELS) throw new Error(`expected a PNG of at most ${MOST_PIXELS} pixels, got ${head.width} x ${head.height}`);
  const raw = await unpackRows(join(parts), head.height * (head.width * channels + 1));
  return {data: unfilter(raw, head.width * channels, head.height, channels), width: head.width, height: head.height, channels};
}

/** How large a PNG says that it is; null for what is none. @param {Uint8Array} bytes @returns {Size | null} */
export function measurePng(bytes) {
  if (bytes.length < 24 || !SIGNATURE.every((byte, index) => bytes[index] === byte)) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {width: view.getUint32(16), height: view.getUint32(20)};
}

/** @param {Uint8Array} bytes @param {number} length @returns {Promise<Uint8Array>} */
async function unpackRows(bytes, length) {
  const raw = await run(bytes, new DecompressionStream('deflate'), length).catch((error) => {
    throw error.message.startsWith('expected') ? error : new Error('expected a PNG, got a damaged one', {cause: error});
  });
  if (raw.length < length) throw new Error('expected a PNG, got one with fewer pixels than it says');
  return raw;
}

/** @param {Uint8Array} raw @param {number} stride @param {number} rows @param {number} step */
function unfilter(raw, stride, rows, step) {
  const data = new Uint8Array(stride * rows);
  for (let y = 0; y < rows; y += 1) {
    const kind = raw[y * (stride + 1)];
    if (kind > 4) throw new Error('expected a PNG, got a damaged one');
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= step ? data[at - step] : 0;
      const above = y ? data[at - stride] : 0;
      const corner = x >= step && y ? data[at - stride - step] : 0;
      data[at] = raw[y * (stride + 1) + 1 + x] + predict(kind, left, above, corner);
    }
  }
  return data;
}

/** @param {number} kind @param {number} left @param {number} above @param {number} corner */
function predict(kind, left, above, corner) {
  if (kind === 1) return left;
  if (kind === 2) return above;
  if (kind === 3) return (left + above) >> 1;
  if (kind !== 4) return 0;
  const near = left + above - corner;
  const [a, b, c] = [Math.abs(near - left), Math.abs(near - above), Math.abs(near - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

/** @param {Uint8Array} bytes @param {CompressionStream | DecompressionStream} stream @param {number} [most] bytes that may come out */
async function run(bytes, stream, most = Infinity) {
  const reader = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(/** @type {any} */ (stream)).getReader();
  const parts = [];
  for (let sum = 0; ; ) {
    const {done, value} = await reader.read();
    if (done) return join(parts);
    sum += value.length;
    if (sum > most) {
      await reader.cancel().catch(() => {});
      throw new Error('expected a PNG, got one with more pixels than it says');
    }
    parts.push(value);
  }
}

/** @param {Uint8Array[]} parts */
function join(parts) {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** @param {string} name @param {Uint8Array} body */
function chunk(name, body) {
  const made = new Uint8Array(12 + body.length);
  const view = new DataView(made.buffer);
  view.setUint32(0, body.length);
  for (let index = 0; index < 4; index += 1) made[4 + index] = name.charCodeAt(index);
  made.set(body, 8);
  view.setUint32(8 + body.length, checksum(made.subarray(4, 8 + body.length)));
  return made;
}

/** CRC-32 as PNG has it. @param {Uint8Array} bytes */
function checksum(bytes) {
  let sum = ~0;
  for (const byte of bytes) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return ~sum >>> 0;
}

const TABLE = Uint32Array.from({length: 256}, (_, number) => {
  let sum = number;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/** @param {Uint8Array} bytes @param {string} type */
export function toDataUrl(bytes, type = 'image/png') {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return `data:${type};base64,${btoa(text)}`;
}

/** @param {string} url a data URL in base64 */
export function fromDataUrl(url) {
  const text = atob(url.slice(url.indexOf(',') + 1));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
