// What we use of fflate.

export type Data = Uint8Array | [Uint8Array, {level: number}];
export function zipSync(files: Record<string, Data>): Uint8Array;
export function unzipSync(bytes: Uint8Array, options?: {filter?: (file: {name: string; originalSize: number}) => boolean}): Record<string, Uint8Array>;
