// SPDX-License-Identifier: MIT
//
// The whole of it in one element: the page's, or that of a widget. It hands what the library tells to the views.

import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { PAGE_TITLE, showTitle, tellMessage } from './notify.js';
import { unpressed } from './pressed.js';
import { changeSetting, settings } from './settings.js';
import { Sidebar } from './sidebar.js';
import { ThreadView } from './thread-view.js';
import { chooseLanguage, direction, languageCode, setLanguage, t, errorText } from './words.js';

const TOAST_MS = 6000;

export class App {
  /** `options`: base, purify (address of DOMPurify), page (title and address are ours), thread, people, language. */
  constructor(chat, options) {
    this.chat = chat;
    this.base = new URL(options.base, document.baseURI).href;
    this.purify = options.purify;
    this.options = options;
    this.solo = Boolean(options.thread || options.people);
    this.drafts = new Map();
    this.view = null;
    this.nothing = { words: 'loading' };
    this.dark = window.matchMedia('(prefers-color-scheme: dark)');
    this.root = el(options.page ? 'main.sc' : 'section.sc', { 'data-pane': this.solo ? 'thread' : 'list' });
    this.dark.addEventListener('change', () => this.paint());
    setLanguage(
      chooseLanguage([settings.language || options.language].concat(navigator.languages || []).filter(Boolean)),
    );
    this.render();
    this.listen();
  }

  /** All of it, in the language that is set. */
  render() {
    this.paint();
    this.root.lang = languageCode();
    this.root.dir = direction();
    if (!this.options.page) this.root.setAttribute('aria-label', t('conversations'));
    if (this.options.page) Object.assign(document.documentElement, { lang: languageCode(), dir: direction() });
    this.sidebar = new Sidebar(this);
    this.main = el('div.main');
    this.toasts = el('div.toasts', { role: 'status' });
    if (this.solo) fill(this.root, this.sidebar.connection.node, this.main, this.toasts);
    else fill(this.root, this.options.page && el('h1.vh', null, PAGE_TITLE), this.sidebar.node, this.main, this.toasts);
    this.show(this.view ? this.view.thread : null);
  }

  paint() {
    this.root.dataset.theme = settings.theme || (this.dark.matches ? 'dark' : 'light');
  }

  /** Another language. */
  speak(code) {
    changeSetting('language', code);
    setLanguage(code);
    this.sidebar.connection.close();
    this.render();
    this.sidebar.openSettings();
  }

  // ---- Conversations ---------------------------------------------------------------------------

  async start() {
    await this.chat.start();
    this.sidebar.showMe();
    this.sidebar.show();
    if (!this.view) await this.begin();
  }

  /** What the page around it asks for, or its address. */
  async begin() {
    const { people, thread, page } = this.options;
    this.nothing = { words: 'loading' };
    if (this.solo) this.show(null);
    try {
      if (people) this.open(await this.chat.talk(...people));
      else if (thread) this.open(this.chat.threads.get(thread) || (await this.chat.join(thread)));
      else if (page) this.follow();
    } catch (error) {
      this.nothing = { error, button: 'retry' };
      if (this.solo) this.show(null);
      else this.say(errorText(error));
    }
  }

  async talk(person) {
    try {
      this.open(await this.chat.talk(person.id));
    } catch (error) {
      this.say(errorText(error));
    }
  }

  /** Somebody chose it. */
  open(thread) {
    if (this.options.page && window.location.hash !== `#${thread.id}`) window.location.hash = thread.id;
    this.root.dataset.pane = 'thread';
    this.show(thread);
    if (this.solo && !this.options.page) return; // the page around it keeps the focus
    if (window.matchMedia('(pointer: coarse)').matches) this.view.title.focus({ preventScroll: true });
    else this.view.composer.text.focus({ preventScroll: true });
  }

  /** To the list. */
  back() {
    const had = this.view && this.view.thread;
    if (this.solo) {
      this.nothing = { words: 'left', button: 'join' };
      this.show(null);
      return;
    }
    if (this.options.page && window.location.hash)
      window.history.pushState(null, '', window.location.pathname + window.location.search);
    this.root.dataset.pane = 'list';
    this.show(null);
    const item = this.sidebar.items.get(had);
    if (item) item.firstChild.focus();
  }

  show(thread) {
    if (this.view) this.view.close();
    this.view = thread ? new ThreadView(thread, this) : null;
    fill(this.main, this.view ? this.view.node : this.nothingOpen());
    if (this.view) this.view.opened();
    this.sidebar.show();
  }

  nothingOpen() {
    const { words, error, button } = this.solo ? this.nothing : { words: 'choose' };
    return el(
      'div.empty',
      null,
      icon('bubbles'),
      el('p', null, error ? errorText(error) : t(words)),
      button && el('button.plain', { type: 'button', onclick: () => this.begin() }, t(button)),
    );
  }

  /** What the address says: a conversation behind the #. */
  follow() {
    const thread = this.chat.threads.get(window.location.hash.slice(1));
    if (thread && !(this.view && this.view.thread === thread)) this.open(thread);
    else if (!thread && this.view) this.back();
  }

  /** The one before or behind the current one. */
  step(by) {
    const threads = this.chat.list();
    const at = this.view ? threads.indexOf(this.view.thread) : -1;
    const next = threads[at < 0 ? 0 : at + by];
    if (next) this.open(next);
  }

  say(words) {
    const toast = el('div.toast', null, words);
    this.toasts.append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }

  // ---- What happens ----------------------------------------------------------------------------

  listen() {
    const { chat } = this;
    const on = (type, act) => chat.addEventListener(type, (event) => unpressed(() => act(event.detail)));
    on('connection', () => this.connected());
    on('reset', () => this.reset());
    for (const type of ['person', 'threads', 'thread', 'message', 'change', 'remove', 'typing', 'history'])
      on(type, () => this.listed());
    on('person', () => this.view && this.view.changed());
    on('threads', ({ thread, gone }) => this.seen(thread, (view) => (gone ? this.back() : view.changed())));
    on('thread', ({ thread }) => this.seen(thread, (view) => view.changed()));
    on('message', (detail) => this.heard(detail));
    for (const type of ['change', 'remove', 'read'])
      on(type, ({ thread }) => this.seen(thread, (view) => view.log.changed()));
    const added = { all: 'showAll', front: 'prepended', end: 'changed' };
    on('history', ({ thread, where }) => this.seen(thread, (view) => view.log[added[where]]()));
    on('typing', ({ thread }) => this.seen(thread, (view) => view.showTyping()));
    on('member', ({ thread, ...said }) => this.seen(thread, (view) => view.members.load(said)));
    on('error', ({ error }) => this.say(errorText(error)));
    this.listenToWindow();
  }

  listenToWindow() {
    const seen = () => this.view && this.view.seen();
    document.addEventListener('visibilitychange', seen);
    window.addEventListener('focus', seen);
    window.addEventListener('beforeunload', (event) => {
      if (this.root.isConnected && this.unsent()) event.preventDefault();
    });
    if (this.options.page) window.addEventListener('popstate', () => this.follow());
    this.root.addEventListener('keydown', (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || this.solo) return;
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
      if (event.target.closest('select, dialog, .popup')) return; // it is theirs
      event.preventDefault();
      this.step(event.key === 'ArrowUp' ? -1 : 1);
    });
  }

  /** Something would be lost with the page. */
  unsent() {
    const waits = (message) => message.state !== 'sent' || message.changing;
    return Array.from(this.chat.threads.values()).some((thread) => thread.messages.some(waits));
  }

  /** Do it when this conversation is the one that is shown. */
  seen(thread, act) {
    if (this.view && this.view.thread === thread) act(this.view);
  }

  listed() {
    this.sidebar.changed();
    if (this.options.page) showTitle(this.chat);
  }

  connected() {
    this.sidebar.connection.show();
    this.sidebar.showMe();
    if (this.view) this.view.log.changed();
    if (this.chat.connection.state !== 'online') return;
    if (this.view) this.view.online();
    else if (this.solo && this.nothing.error) this.begin();
  }

  heard({ thread, message, live }) {
    this.seen(thread, (view) => view.message(message));
    // A widget is about its own conversation.
    const other = this.solo && !(this.view && this.view.thread === thread);
    if (live && !message.mine && !other) tellMessage(message, this.chat, () => this.open(thread));
  }

  reset() {
    this.sidebar.showMe();
    this.listed();
    if (!this.view) return;
    const thread = this.chat.threads.get(this.view.thread.id);
    if (!thread) this.back();
    else if (thread !== this.view.thread) this.show(thread);
    else this.view.changed();
  }
}
