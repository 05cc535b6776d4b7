// SPDX-License-Identifier: MIT
//
// Hears what is said, behind a cursor, for as long as it is wanted: by events, or by long polls where events do not
// come through. Each stanza is handed on in order, perhaps twice; nothing is left out, or `gap` is called.
//
// After whatever ends a stream it asks once, without waiting (a probe): that tells what an EventSource keeps to
// itself (no network, no login, an expired token, a busy site), and brings what was missed. Only where the probe is
// answered is another EventSource opened; so one that stays silent, or fails again and again, is the events' fault.

import { listenToEvents } from './events.js';
import { Backoff, Nap } from './waiting.js';

const POLL_SEC = 25;
/** Enough to be told that too many wait. */
const BUSY_POLL_SEC = 1;
/** What an answer may take beyond the wait. */
const ANSWER_LATE_SEC = 15;
/** Without a sign for so long, somebody who looks at the page again gets a stream that is surely alive. */
const STALE_MSEC = 30000;
/** Until events are tried again where they did not come through; twice as long each time. */
const DEAF_MSEC = 600000;
/** Streams that were refused or ended at once, in a row. */
const FAILED_MOST = 3;
const FAILED_MSEC = 2000;
/** More stanzas than this in one envelope are not the last. */
const MUCH = 20;
/** Those whose streams ended together come back over so long. */
const TOGETHER_MSEC = 500;

export class Listener {
  /**
   * @param {{http: object, token: object, transport: string, patience: number}} with
   * @param {{stanzas: Function, gap: Function, state: Function}} on
   *   stanzas(list, cursor, late): `late` when they may be from before: when they came, by the server's clock; or null
   */
  constructor(needs, on) {
    Object.assign(this, needs);
    this.on = on;
    this.nap = new Nap();
    this.backoff = new Backoff();
    this.run = null;
    this.cut = null;
    this.deafUntil = 0;
    this.deafTimes = 0;
    this.proved = false;
  }

  /** Go on behind this cursor. */
  start(cursor) {
    this.stop();
    this.cursor = cursor;
    // The first poll does not wait, so that it is soon known whether polls are answered.
    this.doubt = this.polls() ? 'down' : null;
    this.failed = 0;
    this.how = null;
    this.heardAt = Date.now();
    this.run = { over: false };
    this.loop(this.run);
  }

  stop() {
    if (this.run) this.run.over = true;
    this.run = null;
    this.how = null;
    this.interrupt();
  }

  /** Somebody looks, or the network is back. */
  wake() {
    if (this.nap.wake() || !this.run) return;
    if (Date.now() - this.heardAt > STALE_MSEC) this.restart();
  }

  /** End what is under way, and see how things are. */
  restart() {
    this.doubt = 'down';
    this.interrupt();
  }

  interrupt() {
    this.cut?.();
    this.nap.wake();
  }

  /** What we said ourselves was not heard: events come late, if at all. */
  deaf() {
    if (this.how !== 'events' || this.transport === 'events') return;
    this.deafUntil = Date.now() + DEAF_MSEC * 2 ** this.deafTimes;
    this.deafTimes += 1;
    this.failed = 0;
    this.how = null;
    this.restart();
  }

  polls() {
    if (this.transport === 'events') return false;
    return this.transport === 'polls' || typeof EventSource === 'undefined' || Date.now() < this.deafUntil;
  }

  async loop(run) {
    this.state('connecting');
    while (!run.over) {
      try {
        if (this.doubt || this.polls()) await this.poll(run);
        else await this.listen(run);
      } catch (error) {
        if (!run.over) await this.fail(error);
      }
    }
  }

  async fail(error) {
    this.doubt = 'down';
    this.how = null;
    if (error.login || error.status === 403) {
      // Somebody may have to type their name.
      this.token.patient = true;
      // Asking again by itself would show the browser's login window again and again.
      this.state('login', { error });
      await this.nap.sleep(Infinity);
    } else {
      const wait = this.backoff.next(error.retryAfter);
      this.state('offline', { error, retryAt: Date.now() + wait });
      await this.nap.sleep(wait);
    }
    if (this.run) this.state('connecting', { error });
  }

  // ---- Events ----------------------------------------------------------------------------------

  async listen(run) {
    const token = await this.token.get();
    if (run.over) return;
    const url = this.http.url(`stream/${token}?since=${encodeURIComponent(this.cursor)}`);
    const stream = listenToEvents(url, this.patience, {
      opened: () => this.online('events'),
      stanza: (stanza, cursor) => {
        this.proved = true;
        this.take([stanza], cursor, null);
      },
      gap: (cursor) => {
        this.cursor = cursor || this.cursor;
        this.on.gap();
      },
    });
    this.how = 'events';
    this.cut = stream.close;
    const since = Date.now();
    const why = await stream.end;
    this.cut = null;
    if (why === 'ended' && Date.now() - since > DEAF_MSEC) this.deafTimes = 0;
    if (!run.over && why !== 'closed') await this.ended(why);
  }

  async ended(why) {
    this.failed = why === 'ended' ? 0 : this.failed + 1;
    if (why === 'silent' || this.failed >= FAILED_MOST) this.deaf();
    // A poll that waits is told when to come again; a probe is not.
    this.doubt = why === 'quick' ? 'busy' : 'down';
    this.how = null;
    if (why !== 'ended') this.state('connecting');
    // A server that starts anew ends all streams at once.
    await this.nap.sleep(Math.random() * (this.failed ? FAILED_MSEC : TOGETHER_MSEC));
  }

  // ---- Long polls ------------------------------------------------------------------------------

  async poll(run) {
    const late = this.doubt === 'down';
    const envelope = await this.ask(late ? 0 : this.doubt ? BUSY_POLL_SEC : POLL_SEC);
    if (run.over || !envelope) return;
    // Much was missed: the rest of it is from before, too.
    this.doubt = late && envelope.stanzas.length > MUCH ? 'down' : null;
    this.backoff.reset();
    if (envelope.limited) this.on.gap();
    this.take(envelope.stanzas, envelope.cursor, late ? Date.parse(envelope.timestamp) : null);
    if (envelope.retry_after) await this.busy(envelope.retry_after);
    else if (this.polls() && !this.doubt) this.online('polls');
  }

  /** @returns {Promise<object|null>} an envelope; null when it was interrupted */
  async ask(wait) {
    const control = new AbortController();
    this.cut = () => control.abort();
    try {
      const path = `stream?since=${encodeURIComponent(this.cursor)}&wait=${wait}`;
      return await this.token.request(path, { signal: control.signal, seconds: wait + ANSWER_LATE_SEC });
    } catch (error) {
      if (control.signal.aborted) return null;
      throw error;
    } finally {
      this.cut = null;
    }
  }

  /** Too many streams wait. */
  async busy(seconds) {
    this.doubt = 'busy';
    const wait = seconds * 1000 * (1 + Math.random() / 4);
    this.state('offline', { retryAt: Date.now() + wait });
    await this.nap.sleep(wait);
  }

  /**
   * Whether a stream that has been quiet is alive: what keeps it open (comments) an EventSource does not show. What
   * the answer brings and the stream has not brought says that the stream is deaf.
   */
  async verify() {
    const { cursor, run } = this;
    if (this.how !== 'events' || Date.now() - this.heardAt < STALE_MSEC) return;
    this.heardAt = Date.now();
    try {
      const path = `stream?since=${encodeURIComponent(cursor)}&wait=0`;
      const envelope = await this.token.request(path, { seconds: ANSWER_LATE_SEC });
      if (run === this.run && cursor === this.cursor && envelope.stanzas.length) this.deaf();
    } catch {
      if (run === this.run) this.restart();
    }
  }

  // ---- What is heard ---------------------------------------------------------------------------

  take(stanzas, cursor, late) {
    this.cursor = cursor || this.cursor;
    this.heardAt = Date.now();
    this.on.stanzas(stanzas, this.cursor, late);
  }

  online(how) {
    this.how = how;
    this.heardAt = Date.now();
    this.backoff.reset();
    this.state('online', { how });
  }

  state(state, { how = null, retryAt = null, error = null } = {}) {
    this.on.state({ state, how, retryAt, error });
  }
}
