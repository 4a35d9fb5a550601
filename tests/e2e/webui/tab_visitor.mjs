// A visitor of the tab "Semantic Palette", or of an accordion of another one.

import {Visitor} from './visitor.mjs';

export const PATIENCE = 240_000; // a picture of the demo model on one busy thread

export class TabVisitor extends Visitor {
  part(inside) {
    return this.tab === 'regiondiff' ? this.page.locator(`#tab_regiondiff .regiondiff-surface ${inside}`) : super.part(inside);
  }

  async openTab() {
    await this.go('Semantic Palette', 'regiondiff');
    await this.page.waitForFunction(() => document.querySelector('#tab_regiondiff .regiondiff-surface').regiondiff);
    await this.page.waitForTimeout(500);
  }

  /** Until the tab draws no more. */
  async rest() {
    await this.page.waitForFunction(() => !document.querySelector('#tab_regiondiff .regiondiff-surface').regiondiff.drawing.job, null, {timeout: PATIENCE});
  }

  pictures() {
    return this.withApp((app) => app.drawing.pictures.map(({id, seed}) => ({id, seed})));
  }

  /** The palette's text of an accordion. @param {string} tab */
  textOf(tab) {
    return this.page.locator(`#tab_${tab} [id$="_regiondiff_palette"] textarea`).inputValue();
  }

  /** Until an accordion's text has these prompts. @param {string} tab @param {string[]} prompts */
  async untilText(tab, prompts) {
    const read = ([where, wanted]) => {
      const {value} = document.querySelector(`#tab_${where} [id$="_regiondiff_palette"] textarea`);
      return value && JSON.parse(value).brushes.map(({prompt}) => prompt).join('|') === wanted;
    };
    await this.page.waitForFunction(read, [tab, prompts.join('|')]);
  }

  /** Where the cursor may go without a stroke: the whole picture's prompt. @param {string} words */
  async describe(words) {
    await this.part('.rd-whole textarea').first().fill(words);
  }
}
