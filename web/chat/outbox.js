// SPDX-License-Identifier: MIT
//
// What is on its way: one after another, in the order it was said, each with the same id until it is answered. So
// nothing is lost while there is no network, and nothing is said twice. What is refused for good does not stand in the
// way of the rest, and what the server has a fault with only in that of its thread. Files are uploaded beside it; what
// follows them in their thread waits for them.

import { Backoff, Nap } from './waiting.js';

/** The server knows an id again for a day. */
const OLD_MSEC = 12 * 3600000;

export class Outbox {
  /**
   * @param {import('./token.js').Token} token
   * @param {(error: object) => void} trouble there was no answer, or one that says: later
   * @param {() => boolean} online whether the stream has brought all that was said
   */
  constructor(token, trouble, online) {
    this.token = token;
    this.trouble = trouble;
    this.online = online;
    this.items = [];
    this.open = false;
    this.busy = false;
    this.nap = new Nap();
    this.backoff = new Backoff();
  }

  /**
   * @param {{thread: string, stanza: () => object, done: (answer: object) => void, fail: (error: object) => void,
   *   heard: () => boolean, prepare?: () => Promise<void>, ready?: boolean}} item
   *   heard: whether the stream has brought it already, so that nothing is left to do
   */
  put(item) {
    item.ready = !item.prepare;
    this.items.push(item);
    if (!item.ready) this.prepare(item);
    this.pump();
  }

  /** @returns {boolean} whether it was still here */
  remove(item) {
    const at = this.items.indexOf(item);
    if (at >= 0) this.items.splice(at, 1);
    if (this.current === item) this.nap.wake();
    return at >= 0;
  }

  start() {
    this.open = true;
    this.wake();
    this.items.filter((item) => !item.ready).forEach((item) => this.prepare(item));
    this.pump();
  }

  stop() {
    this.open = false;
    this.nap.wake();
  }

  /** There may be a way again. */
  wake() {
    this.backoff.reset();
    this.nap.wake();
    this.items.forEach((item) => item.nap?.wake());
  }

  /** The first one that may go: nothing of its thread stands before it. */
  next() {
    const held = new Set();
    return this.items.find((item) => {
      if (item.ready && !held.has(item.thread)) return true;
      held.add(item.thread);
      return false;
    });
  }

  async pump() {
    if (this.busy) return;
    this.busy = true;
    for (let item = this.next(); this.open && item; item = this.next()) await this.deliver(item);
    this.busy = false;
  }

  async deliver(item) {
    this.current = item;
    // It may have been said: whether it was only the stream knows by now.
    if (item.tried < Date.now() - OLD_MSEC && !this.online()) {
      await this.nap.sleep(Infinity);
      return;
    }
    item.tried ||= Date.now();
    try {
      const answer = item.heard() ? null : await this.token.request('send-message', { method: 'POST', json: item.stanza() });
      this.backoff.reset();
      if (this.remove(item)) item.done(answer);
    } catch (error) {
      if (error.status >= 500) this.later(item, error);
      else await this.refused(item, error, this);
    }
  }

  /** Not before some time; what is said in other threads goes on. */
  async later(item, error) {
    item.ready = false;
    item.nap = new Nap();
    item.backoff ||= new Backoff();
    await this.refused(item, error, item);
    item.nap = null;
    item.ready = true;
    this.pump();
  }

  async prepare(item) {
    if (item.nap) return;
    item.nap = new Nap();
    const backoff = new Backoff();
    while (this.open && !item.ready && this.items.includes(item)) {
      try {
        await item.prepare();
        item.ready = true;
      } catch (error) {
        await this.refused(item, error, { backoff, nap: item.nap });
      }
    }
    item.nap = null;
    this.pump();
  }

  async refused(item, error, { backoff, nap }) {
    if (!this.items.includes(item)) return;
    if (!error.temporary) {
      if (this.remove(item)) item.fail(error);
      return;
    }
    if (!this.open) return;
    this.trouble(error);
    // Without a login nothing helps but somebody who logs in.
    await nap.sleep(error.login ? Infinity : backoff.next(error.retryAfter));
  }
}
