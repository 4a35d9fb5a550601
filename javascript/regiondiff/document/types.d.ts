// Types of the document; not loaded by browsers.

export type Point = {x: number; y: number};
export type Size = {width: number; height: number};
export type Box = {left: number; top: number; right: number; bottom: number};
/** The coverage of 64 by 64 pixels as documents keep it, most often packed; `openTile` gives the pixels. */
export type Kept = {readonly length: number; readonly kept: true};
/** By number, row by row; 255 is all. Never written to once a document holds them. */
export type Tiles = Map<number, Kept>;
/** The same while it is worked on: 4096 bytes each. */
export type Raster = Map<number, Uint8Array>;
export type ColourTiles = Map<number, Uint8ClampedArray>;
/** As in palettes, in shares of the canvas. */
export type Shape = {rectangle: number[]} | {ellipse: number[]} | {polygon: number[][]};
/** A shape stays one until it is painted on; `tiles` are what it covers. */
export type Mask = {shape: Shape | null; tiles: Tiles};
export type ColourLayer = {tiles: ColourTiles};

/** A brush as in a palette, without its mask. */
export type Brush = {id: string; name: string; prompt: string; colour: string; feather?: number; [field: string]: unknown};
export type Background = {prompt?: string; negative?: string; image?: string | null; colour?: string | null; [field: string]: unknown};
/** A palette without masks. */
export type Palette = {version: number; size: Size; background: Background; brushes: Brush[]; [field: string]: unknown};
/** A document at one moment; nothing in it ever changes. */
export type State = {palette: Palette; masks: Map<string, Mask>; colour: ColourLayer};
/** What has changed, for those who draw it; boxes are on the canvas. */
export type Change = {masks?: Map<string, Box[]>; palette?: boolean; order?: boolean; size?: boolean; colour?: Box[]};
/** `bytes` is what the step before it holds and it does not, once that is counted. */
export type Step = {state: State; label: string; merge: string | null; bytes?: number};

export type StrokePoint = Point & {pressure: number};
export type StrokeOptions = {
  size: number;
  hardness: number;
  opacity: number;
  pressureSize: boolean;
  pressureOpacity: boolean;
  erase: boolean;
};
/** What puts a mask's part in one box into another. */
export type Mover = (mask: Mask, from: Box, to: Box, size: Size) => Mask;
/** What strengthens pixels along places, from the last one that was told before, if any; tiles and where in the canvas they were strengthened. */
export type Drawer = (strength: Raster, last: StrokePoint | null, points: readonly StrokePoint[], options: StrokeOptions, size: Size) => Map<number, Box>;
/** What tells the area around a point. */
export type Finder = (state: State, target: string, point: Point, erase: boolean) => Raster;
export interface Session {
  stamp(points: readonly StrokePoint[], options: StrokeOptions & {colour?: string}, draw: Drawer): void;
  shape(shape: Shape, erase: boolean, colour?: string): void;
  fill(point: Point, erase: boolean, colour: string | undefined, find: Finder): void;
  commit(): void;
  cancel(): void;
}
/** A decoded picture: RGBA. */
export type Pixels = {width: number; height: number; data: Uint8Array | Uint8ClampedArray};
export type Decode = (url: string) => Promise<Pixels>;
