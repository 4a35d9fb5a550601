// Visible strings of the tab "Semantic Palette" in a WebUI.

import {addStrings} from './strings.mjs';

addStrings({
  'tab.send': 'Send to',
  'tab.send.txt2img': 'txt2img',
  'tab.send.img2img': 'img2img',
  'tab.send.inpaint': 'inpaint',
  'tab.send.extras': 'Extras',
  'tab.send.none': 'Draw a picture first: it is sent with its palette.',
  'tab.send.gone': 'The WebUI has no tab PNG Info, by which pictures are sent with their palettes.',
  'tab.send.bare': "PNG Info finds no parameters in the picture's file; they are written there where the WebUI's settings say so (Saving images: Write infotext to metadata of the generated image).",
  'tab.cards': 'LoRA, styles',
  'tab.cards.title': 'Into: {where}',
  'tab.cards.brush': 'the chosen brush',
  'tab.cards.search': 'Search',
  'tab.cards.styles': 'styles',
  'tab.cards.none': 'The WebUI has no LoRAs, embeddings or styles.',
  'tab.more': 'tiles, bootstrap and more',
  'tab.also': 'txt2img adds: {what}',
  'tab.file': 'expected a palette as JSON, a project, layers (.ora) or a PNG with a palette in it, got {name}',
  'tab.model': '{model}, as chosen at the top',
  'tab.models': 'the model chosen at the top',
  'tab.typed': 'txt2img has regions from the lines of its prompt. What you paint here takes their place.',
  'tab.strange': "txt2img has a palette's text that cannot be painted. What you paint here takes its place.",
  'field.sampling': 'sampler',
  'field.scheduler': 'schedule',
  'field.cfg_scale': 'guidance',
  'field.batch_count': 'batches',
  'field.batch_size': 'at once',
});
