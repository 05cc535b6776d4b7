// SPDX-License-Identifier: MIT
//
// From start() to stop(): who am I, what is there, and then what is said, heard by this tab or by another one.

import { ChatError } from './errors.js';
import { Listener } from './listener.js';
import { Tabs } from './tabs.js';
import { LOGIN_SEC } from './token.js';
import { Backoff, Nap } from './waiting.js';

/** Now and then: whether the leading tab and the stream are alive. */
const CHECK_MSEC = 5000;
const VERIFY_MSEC = 120000;
/** A timer that comes so late says that the machine has slept. */
const ASLEEP_MSEC = 90000;

export class Session {
  /** @param {object} chat http, token, options, model, lists, outbox, marks, emit */
  constructor(chat) {
    this.chat = chat;
    this.nap = new Nap();
    this.connection = { state: 'stopped', how: null, retryAt: null, error: null };
    this.listener = new Listener(chat, {
      stanzas: (stanzas, cursor, late) => this.heard({ stanzas, cursor, late }, true),
      gap: () => this.gap(true),
      state: (connection) => this.setState(connection),
    });
    this.signs = [
      [window, 'online', () => this.wake()],
      [window, 'offline', () => this.listener.restart()],
      [window, 'pagehide', () => this.tabs?.leave()],
      [window, 'pageshow', (event) => this.shown(event)],
      [document, 'visibilitychange', () => document.visibilityState === 'visible' && this.wake()],
    ];
  }

  start() {
    if (!this.run) {
      this.run = { over: false };
      this.signs.forEach(([target, type, listener]) => target.addEventListener(type, listener));
      this.checkedAt = Date.now();
      this.verifiedAt = Date.now();
      this.timer = setInterval(() => this.check(), CHECK_MSEC);
      this.run.begun = this.begin(this.run);
    }
    return this.run.begun;
  }

  stop() {
    if (!this.run) return;
    this.run.over = true;
    this.run = null;
    this.signs.forEach(([target, type, listener]) => target.removeEventListener(type, listener));
    clearInterval(this.timer);
    this.chat.outbox.stop();
    this.tabs?.close();
    this.tabs = null;
    this.nap.wake();
    this.chat.token.end();
    this.setState({ state: 'stopped' });
  }

  // ---- The beginning ---------------------------------------------------------------------------

  async begin(run) {
    const backoff = new Backoff();
    while (!run.over) {
      this.setState({ state: 'connecting', error: this.connection.error });
      try {
        await this.load(run);
        if (!run.over) return;
      } catch (error) {
        if (!run.over) await this.failed(error, backoff);
      }
    }
    throw new ChatError('stopped');
  }

  async load(run) {
    const { chat } = this;
    // One login window, so one request comes first.
    const { presence } = await chat.http.request('presence', { seconds: LOGIN_SEC });
    if (run.over) return;
    chat.oneself(presence);
    // What other tabs hear from now on is kept, so that nothing lies between the lists and the stream.
    this.early = [];
    this.openTabs(presence.entity.id);
    const [cursor] = await Promise.all([chat.lists.load(), chat.token.get()]);
    if (run.over) return;
    const { early } = this;
    this.cursor = cursor;
    this.early = null;
    if (early.gap) this.gap(false);
    early.forEach((heard) => this.heard(heard, false));
    chat.emit('reset', {});
    this.tabs.join();
    if (!this.tabs.leads) this.tabs.check();
    chat.outbox.start();
  }

  async failed(error, backoff) {
    const wait = error.login || error.status === 403 ? Infinity : backoff.next(error.retryAfter);
    this.setState(wait === Infinity ? { state: 'login', error } : { state: 'offline', error, retryAt: Date.now() + wait });
    await this.nap.sleep(wait);
  }

  openTabs(user) {
    this.tabs?.close();
    const { http, options } = this.chat;
    this.tabs = new Tabs(`spoolchat ${http.base} ${user}`, options.share, {
      lead: () => this.listener.start(this.cursor),
      follow: () => {
        this.listener.stop();
        if (!this.run) return;
        this.setState({ state: 'connecting' });
        // Who leads now says how things are.
        if (this.tabs.joined) this.tabs.tell('ask');
      },
      told: (kind, data) => this.told(kind, data),
    });
  }

  // ---- What is heard ---------------------------------------------------------------------------

  heard(what, first) {
    if (first) this.tabs.tell('stanzas', what);
    if (this.early) {
      this.early.push(what);
      return;
    }
    this.cursor = what.cursor;
    what.stanzas.forEach((stanza) => this.chat.model.hear(stanza, what.late));
  }

  /** Something may be missing: what there is is fetched anew. */
  async gap(first) {
    if (first) this.tabs.tell('gap');
    const { run, early } = this;
    const { model, lists } = this.chat;
    model.doubt();
    model.doubts += 1;
    if (early) early.gap = true;
    if (this.mending || !run || early) return;
    this.mending = true;
    const backoff = new Backoff();
    for (let mended = 0; mended !== model.doubts && !run.over;) {
      const { doubts } = model;
      try {
        await lists.load();
        mended = doubts;
      } catch (error) {
        await new Promise((resolve) => { setTimeout(resolve, backoff.next(error.retryAfter)); });
      }
    }
    this.mending = false;
    if (!run.over) this.chat.emit('reset', {});
  }

  /** Another tab says something. */
  told(kind, data) {
    const { tabs, listener } = this;
    if (kind === 'stanzas') this.heard(data, false);
    else if (kind === 'gap') this.gap(false);
    else if (kind === 'ask' && tabs.leads) this.tellState();
    else if (kind === 'state' && !tabs.leads && !this.early) this.setState(fromTab(data));
    else if (kind === 'deaf' && tabs.leads) listener.deaf();
    else if (kind === 'wake' && tabs.leads) listener.wake();
    else if (kind === 'restart' && tabs.leads) listener.restart();
  }

  tellState() {
    const { state, retryAt, error } = this.connection;
    this.tabs.tell('state', { state, retryAt, error: error && { message: error.message, about: { ...error } } });
  }

  setState({ state, how = null, retryAt = null, error = null }) {
    const before = this.connection;
    this.connection = { state, how, retryAt, error };
    if (this.tabs?.leads) this.tellState();
    if (before.state === state && before.how === how && before.retryAt === retryAt) return;
    this.chat.emit('connection', { connection: this.connection });
    if (state === 'online' && before.state !== 'online') this.online();
  }

  online() {
    const { outbox, marks, lists } = this.chat;
    outbox.wake();
    marks.flush();
    // Who left while nobody listened; the list is new at the start.
    if (this.wasOnline) lists.friends().catch(() => {});
    this.wasOnline = true;
  }

  // ---- Signs of life ---------------------------------------------------------------------------

  /** Somebody looks, or there is a network: do not wait any longer. */
  wake() {
    // The machine has slept: what was online is not, until it says so again.
    if (this.tabs && this.connection.state === 'online' && !this.caughtUp()) this.setState({ state: 'connecting' });
    this.checkedAt = Date.now();
    this.nap.wake();
    this.chat.outbox.wake();
    this.listener.wake();
    if (!this.tabs) return;
    if (!this.tabs.leads) this.tabs.tell('wake');
    this.tabs.check();
  }

  /** A request found nobody: the stream may be as dead, and not know it. */
  trouble(error) {
    if (error.status || this.connection.state !== 'online' || !this.tabs) return;
    if (this.tabs.leads) this.listener.restart();
    else this.tabs.tell('restart');
  }

  /** What this tab has said did not come back by the stream. */
  unheard() {
    if (!this.tabs) return;
    if (this.tabs.leads) this.listener.deaf();
    else this.tabs.tell('deaf');
  }

  /** Back from the browser's cache of pages, where nothing can be listened to. */
  shown(event) {
    if (event.persisted && this.tabs && !this.early) {
      this.tabs.join();
      // Nor has it heard what other tabs have said.
      this.gap(false);
    }
    this.wake();
  }

  /** Whether the stream has brought all that was said; not when the machine has slept since. */
  caughtUp() {
    return this.connection.state === 'online' && Date.now() - this.checkedAt < ASLEEP_MSEC;
  }

  check() {
    const now = Date.now();
    if (now - this.checkedAt > ASLEEP_MSEC) this.wake();
    this.checkedAt = now;
    // Without a lock, of which the browser tells, a leader may go unheard.
    if (this.tabs && (document.visibilityState === 'visible' || !navigator.locks)) this.tabs.check();
    // Events of which none has come yet may be kept back, whatever came in front of them.
    if (this.listener.proved && now - this.verifiedAt < VERIFY_MSEC) return;
    this.verifiedAt = now;
    this.listener.verify();
  }
}

function fromTab({ state, retryAt, error }) {
  return { state, how: 'tab', retryAt, error: error && new ChatError(error.message, error.about) };
}
