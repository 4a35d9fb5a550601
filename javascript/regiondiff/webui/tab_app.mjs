// The tab "Semantic Palette": the app of our own page, around which the WebUI's txt2img draws and keeps prompts and settings.

import '../strings_later.mjs';
import '../strings_webui.mjs';
import '../strings_tab.mjs';
import {App} from '../page/app.mjs';
import {isEmpty, Mailbox} from './mailbox.mjs';
import {bringBackNewest} from './restoring.mjs';
import {Prompts} from './prompts.mjs';
import {Rivals} from './rivals.mjs';
import {TabBar, TabStatus} from './tab_bar.mjs';
import {TabDrawing} from './tab_drawing.mjs';
import {TabRun, TabWhole} from './tab_run.mjs';

/** @import {Change} from '../document/types.d.ts' */
/** @import {HostControls} from './host_controls.mjs' */
/** @import {Desk} from './tab_desk.mjs' */
/** @import {TabSide} from './tab_side.mjs' */
/** @import {Services} from '../page/app.mjs' */
/** @typedef {Services & {tab: TabSide, controls: HostControls, rivals: import('./rivals.mjs').Rival[]}} TabServices */

const SETTLE = 120; // milliseconds after which the WebUI has what was written into its fields
/** Fields of the WebUI that a reload brings back where they are as it has them at first. */
const KEPT = ['prompt', 'neg_prompt'];

export class TabApp extends App {
  /** @param {HTMLElement} root @param {TabServices} services */
  constructor(root, services) {
    super(root, {...services, key: 'tab', apart: true, parts: {Bar: TabBar, Drawing: TabDrawing, RunPanel: TabRun, Status: TabStatus, WholePicture: TabWhole}});
    this.tab = services.tab;
    this.links = /** @type {TabBar} */ (this.bar).links;
    this.tab.isApart = () => !this.links.isLinked;
    this.mailbox = new Mailbox(/** @type {any} */ (this), services.tab);
    root.classList.add('rd-tab');
    const {signal} = this.stopper;
    this.mailbox.listen(signal);
    this.links.listen(signal);
    this.prompts = new Prompts(this, services.tab);
    this.prompts.listen(signal);
    this.rivals = new Rivals(/** @type {any} */ (this), services.rivals, () => this.editor.state.palette.brushes.length > 0);
    this.run_.root.prepend(this.rivals.root);
    this.rivals.listen(signal);
    root.addEventListener('keydown', (event) => event.defaultPrevented && event.stopPropagation(), {signal}); // keys that are ours do not reach the WebUI's own
    const sight = new IntersectionObserver((seen) => seen.some(({isIntersecting}) => isIntersecting) && this.appear());
    sight.observe(root);
    signal.addEventListener('abort', () => sight.disconnect());
  }

  /** @returns {HostControls} of txt2img, which draws */
  get controls() {
    return /** @type {TabServices} */ (this.services).controls;
  }

  /** @returns {Desk} */
  get desk() {
    return /** @type {any} */ (this.client);
  }

  asPage() {
    return this;
  }

  async start() {
    if (!this.tab.text.trim()) this.tab.text = this.links.findText();
    this.mailbox.taking += 1; // what was kept is older than what the WebUI's texts have
    await (this.tab.text.trim() ? this.keeper.restore() : bringBackNewest(this)).finally(() => (this.mailbox.taking -= 1));
    if (!this.tab.text.trim() && !isEmpty(this.editor.state)) {
      this.tab.resize(this.editor.size);
      await this.mailbox.write();
    }
    this.mailbox.look();
    await this.mailbox.busy;
    this.refresh();
    await this.checking.check();
  }

  /** The tab comes into sight: the WebUI's fields may have changed. */
  appear() {
    const top = this.root.getBoundingClientRect().top + globalThis.scrollY;
    this.root.style.setProperty('--rd-top', `${Math.round(top)}px`);
    this.mailbox.look();
    this.refresh();
    this.rivals.refresh();
    this.checking.later();
    void this.guard(() => /** @type {TabDrawing} */ (this.drawing).look());
  }

  /** @param {Change} change */
  changed(change) {
    super.changed(change);
    this.rivals?.later();
    if (this.editor.session || this.mailbox?.taking) return;
    if (change.size) this.tab.resize(this.editor.size);
    void this.mailbox?.write();
  }

  /** Have the palette in txt2img, switched on if it has regions, and be ready to draw. */
  async handOver() {
    const {tab, editor} = this;
    await this.mailbox.write();
    const giveBack = tab.lend(tab.text, editor.size);
    await new Promise((go) => setTimeout(go, SETTLE));
    return {palette: await this.readPalette(), giveBack};
  }

  // what the mailbox tells

  /** @param {'palette' | 'typed' | 'strange'} kind */
  setKind(kind) {
    if (kind !== 'palette') this.tell(this.say(`tab.${kind}`), {topic: 'kind'});
    else this.toasts.clear('kind');
  }

  judged() {} // the desk answers

  takeText() {} // the tab does not show it

  // what is kept beside the document

  more() {
    return {own: Object.fromEntries(KEPT.map((name) => [name, this.controls.read(name)]))};
  }

  /** @param {{own?: Record<string, string>}} more */
  takeMore({own}) {
    for (const name of KEPT) if (own?.[name] && !this.controls.read(name)) this.controls.write(name, own[name]);
  }
}
