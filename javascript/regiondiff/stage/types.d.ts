// Types of the painting surface; not loaded by browsers.

import type {Bench} from './bench.mjs';
import type {Box, Change, ColourLayer, Drawer, Finder, Mover, Point, Session, Shape, Size, StrokeOptions, StrokePoint} from '../document/types.d.ts';

export type {Box, Change, ColourLayer, Drawer, Finder, Mover, Point, Session, Shape, Size, StrokeOptions, StrokePoint};
/** Zoom in CSS pixels per canvas pixel, and where the canvas's upper left corner is in the pane. */
export type View = {zoom: number; x: number; y: number};
export type Handle = 'nw' | 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w';

export type Say = (key: string, values?: Record<string, string | number>) => string;
/** The active brush. */
export interface Selection {
  get(): string | null;
  set(id: string | null): void;
  on(listener: () => void): () => void;
}
/** Where files were dropped: under the brushes, or to be opened. */
export type Zone = 'background' | 'open';

/** What the surface needs from the page that it is on; all but `say` may be left out. */
export interface Services {
  say: Say;
  selection?: Selection;
  /** A stroke has made this brush: put the cursor into its prompt. */
  focusPrompt?(id: string): void;
  brushState?(id: string): {hidden?: boolean; locked?: boolean};
  takeFiles?(files: File[], zone: Zone): void;
  /** Whole canvas pixels, for the status line; null when the pointer has left. */
  showPointer?(place: Point | null): void;
  /** Kept settings, and where to keep them. */
  settings?: Partial<Values>;
  keepSettings?(values: Readonly<Values>): void;
  /** The person's own keys: the id of a command; without it, the keys of COMMANDS. */
  findCommand?(press: KeyboardEvent): string | null;
  /** The key of a command, for tooltips. */
  keyOf?(command: string): string;
  /** Further buttons of the empty page's strip. */
  startActions?: {label: string; run(): void}[];
}

// settings

export type ToolName = 'brush' | 'rectangle' | 'eraser' | 'ellipse' | 'lasso' | 'fill' | 'move' | 'hand';
export type ViewName = 'overlay' | 'split' | 'picture';
export interface Values {
  tool: ToolName;
  previous: ToolName;
  operation: 'add' | 'subtract';
  /** What strokes and fills go to: the brush's mask or the colour layer. */
  target: 'mask' | 'colour';
  /** Of the colour layer, #rrggbb. */
  colour: string;
  /** Diameter in canvas pixels. */
  size: number;
  /** 0..1, as opacity and smoothing; smoothing 0 is off. */
  hardness: number;
  opacity: number;
  smoothing: number;
  pressureSize: boolean;
  pressureOpacity: boolean;
  view: ViewName;
  /** 0..1: how opaque the brushes' fills are over a picture, and where there is none. */
  masks: number;
  plainMasks: number;
}
export interface Settings {
  values: Readonly<Values>;
  set(wanted: Partial<Values>): void;
  on(listener: (changed: Partial<Values>) => void): () => void;
}

// pointers

/** In CSS pixels of the surface; pressure 0..1, without a pen 1. */
export interface Sample extends Point {
  pressure: number;
  pen: boolean;
  eraser: boolean;
  coarse: boolean;
  time: number;
}
/** Cmd counts as Ctrl. */
export type Modifiers = {shift: boolean; alt: boolean; ctrl: boolean};
/** What the pointer engine calls. After `press` took the gesture, `drag` follows, and `release` or `cancel`. */
export interface Handler {
  press(sample: Sample, modifiers: Modifiers): boolean;
  drag(samples: Sample[], modifiers: Modifiers): void;
  release(sample: Sample, modifiers: Modifiers): void;
  cancel(press?: boolean): unknown;
  /** Null when no pointer is over the element. */
  hover(sample: Sample | null, modifiers: Modifiers): void;
  /** Modifiers changed while a gesture goes on. */
  modify(modifiers: Modifiers): void;
  pan(dx: number, dy: number): void;
  pinch(before: [Point, Point], after: [Point, Point]): void;
  pick(sample: Sample): void;
  /** Space was pressed or let go. */
  hold(space: boolean): void;
  /** Whether the first button pans. */
  pans(): boolean;
}

// tools

/** The modifiers, which end of the pen, which pointer. */
export type Start = {modifiers: Modifiers; eraser: boolean; pen: boolean; coarse: boolean};
/** One use of a tool, from press to release; it may go on over several presses. */
export interface Gesture {
  /** Whether fills show while it goes on. */
  readonly paints: boolean;
  drag(points: readonly StrokePoint[], modifiers: Modifiers): void;
  /** Whether the gesture is over. */
  release(point: StrokePoint, modifiers: Modifiers): boolean;
  cancel(): void;
  /** A further press. */
  press?(point: StrokePoint, start: Start): void;
  /** Take the last press back; whether there was another one before it. */
  unpress?(): boolean;
  modify?(modifiers: Modifiers): void;
  hover?(point: StrokePoint): void;
  /** By Enter; whether it did. */
  finish?(): boolean;
  /** By Backspace. */
  back?(): void;
  /** What it shows, in CSS pixels of the pane. */
  draw?(context: CanvasRenderingContext2D, view: View): void;
}
export interface ToolModule {
  begin(bench: Bench, point: StrokePoint, start: Start, name: ToolName): Gesture | null;
  /** What the tool shows while it is not in use. */
  drawIdle?(bench: Bench, context: CanvasRenderingContext2D, view: View): void;
  cursorAt?(bench: Bench, point: Point): string | null;
  /** By arrow keys, in canvas pixels. */
  nudge?(bench: Bench, by: Point): void;
}
export interface Tool {
  /** Keys of the strings that say what modifiers do. */
  words: readonly string[];
  options: readonly ('target' | 'operation' | 'size' | 'hardness')[];
  /** Whether the pointer is a ring of the brush's size. */
  ring?: boolean;
  cursor: string;
  load: (() => Promise<ToolModule>) | null;
}

// the document

/** What the surface needs of an Editor. */
export interface EditorPort {
  document: {palette: {size: Size; background?: {colour?: string | null}; brushes: BrushData[]}; colour: ColourLayer | null};
  on(listener: (change: Change) => void): () => void;
  /** Coverage of a tile of a mask, shape or raster: 64 by 64 bytes. */
  tileOf(id: string, tile: number): Uint8Array | undefined;
  /** Begin a step of the history on a mask, or on the layer `colour`. */
  stroke(target: string, label: string): Session;
  transform(id: string, from: Box, to: Box, move: Mover, merge?: string): void;
  clear(id: string): void;
  invert(id: string): void;
  /** On top; one step of the history with the stroke that follows. */
  addBrush(): string;
  nextColour(): string;
}
export type BrushData = {id: string; name: string; colour: string; prompt?: string; feather?: number; weight?: number};
/** `number` counts from the lowest, 1. */
export type BrushView = {id: string; number: number; name: string; colour: string; feather: number; weight: number; hidden: boolean; locked: boolean};

// drawing

/** A tile's coverage, and the brush's colour as 0xbbggrr. */
export type Layer = {coverage: Uint8Array; colour: number};
/** Where it is on the surface (CSS pixels), how opaque fills are, whether the last picture shows. */
export type Pane = {box: Box; fills: number; picture: boolean};
/** What there is to draw. */
export interface Sources {
  size: Size;
  fills: HTMLCanvasElement;
  /** Plain colour under the brushes. */
  colour: string | null;
  /** Pictures under the brushes, the lowest first. */
  under: CanvasImageSource[];
  /** The last result. */
  picture: CanvasImageSource | null;
}
/** x and y of points in turn; the inside is at their right. */
export type Line = {points: number[]; hidden: boolean};
export type Paths = {seen: Path2D; hidden: Path2D};
/** Pixels and cells that a tile has of the canvas. */
export type Part = {width: number; height: number; columns: number; rows: number};
/** Colour 0xbbggrr, feather in pixels, the brush's weight where brushes mix, coverage of cells. */
export type SoftLayer = {colour: number; feather: number; weight: number; cells: Float32Array};
