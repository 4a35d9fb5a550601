// Styles and qualities to add to every brush, in words of our own.

/** @type {readonly {name: string, words: string, negative?: string}[]} */
export const STYLES = [
  {name: 'Photograph', words: 'photograph, natural light, fine detail', negative: 'drawing, blurry'},
  {name: 'Portrait lens', words: 'shallow depth of field, soft window light', negative: 'harsh shadows'},
  {name: 'Oil painting', words: 'oil painting, visible brush strokes, rich colours', negative: 'photograph'},
  {name: 'Watercolour', words: 'watercolour, paper grain, soft washes', negative: 'photograph, hard outlines'},
  {name: 'Ink drawing', words: 'ink drawing, clean lines, white paper', negative: 'colour, photograph'},
  {name: 'Anime', words: 'anime style, crisp outlines, even colours', negative: 'photograph'},
  {name: 'Pixel art', words: 'pixel art, limited colours, sharp edges', negative: 'blurry, photograph'},
  {name: 'Sharp and detailed', words: 'sharp focus, highly detailed', negative: 'blurry, low quality, jpeg artefacts'},
];
