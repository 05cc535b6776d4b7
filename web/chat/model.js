// SPDX-License-Identifier: MIT
//
// What is known: people and threads, as the lists and the stanzas of the stream tell. Every change is an event.

import { People } from './people.js';
import { Conversation } from './thread.js';
import { Writing } from './writing.js';

/** What is heard later than this is no news. */
const JUST_NOW_MSEC = 60000;

export class Model {
  /**
   * @param {(type: string, detail: object) => void} emit
   * @param {(thread: string) => void} unknown a thread was named that is in no list: somebody should ask for it
   */
  constructor(emit, unknown) {
    this.emit = emit;
    this.unknown = unknown;
    this.people = new People(emit);
    this.writing = new Writing(emit);
    /** @type {Map<string, Conversation>} */
    this.conversations = new Map();
    /** @type {Map<string, import('../chat.js').Thread>} */
    this.threads = new Map();
    this.doubts = 0;
  }

  /** @returns {Conversation} made when there is none */
  conversation(id) {
    let one = this.conversations.get(id);
    if (!one) {
      one = new Conversation(id, this.people);
      this.conversations.set(id, one);
    }
    return one;
  }

  // ---- Lists -----------------------------------------------------------------------------------

  /** From here on something may be missing: all up to here is whole. */
  doubt() {
    for (const one of this.conversations.values()) {
      if ((one.loaded || one.first < Infinity) && one.solid === null) one.solid = one.view.newest;
    }
  }

  /**
   * A thread as `GET threads` lists it.
   * @param {boolean} whole nothing more was missed since the list was asked for
   * @returns {boolean} whether its messages have a gap now that must be filled
   */
  listed(entry, whole) {
    const one = this.conversation(entry.id);
    const gap = entry.last !== null && one.solid !== null && hasGap(one, entry.last);
    // Of what nobody has opened the last one is enough.
    const shown = one.loaded || one.view.messages.length > 1;
    if (gap && !shown) one.clear(entry.last.seq > one.solid ? entry.last.seq - 1 : Infinity);
    if (whole && !(gap && shown)) one.solid = null;
    this.describe(one, entry);
    return gap && shown;
  }

  describe(one, entry) {
    const { last } = entry;
    one.describe(entry);
    if (last && one.solid === null) {
      // What it says of the last one is nothing new where more is known, and would leave a gap where less is.
      if (last.seq <= one.first) one.take(last, false);
      // The server counts by numbers, also one's own and those that are about others.
      if (one.view.newest >= last.seq) one.count();
    }
    if (last && !one.view.last) one.view.time = Date.parse(last.timestamp);
    this.show(one);
  }

  /** It is in the list, from now on. */
  show({ view }) {
    const isNew = !this.threads.has(view.id);
    this.threads.set(view.id, view);
    if (isNew) this.emit('threads', { thread: view, gone: false });
    else this.emit('thread', { thread: view });
  }

  gone(id, role = 'none') {
    const one = this.conversations.get(id);
    if (!one || !this.threads.delete(id)) return;
    this.conversations.delete(id);
    one.view.role = role;
    this.emit('threads', { thread: one.view, gone: true });
  }

  // ---- The stream ------------------------------------------------------------------------------

  /**
   * @param {number|null} late when it came, by the server's clock, where it may have been said a while before that: nobody
   *   writes any more who did then
   */
  hear(stanza, late) {
    if (stanza.presence) [].concat(stanza.presence).forEach((one) => this.presence(one));
    else if (stanza.message && stanza.seq) this.say(stanza, late - Date.parse(stanza.timestamp) < JUST_NOW_MSEC);
    else if (stanza.receipt) this.receipt(stanza.receipt);
    else if (stanza.chatstate && !late) this.chatstate(stanza.chatstate);
    this.emit('stanza', { stanza });
  }

  say(stanza, live) {
    const { thread, sender } = stanza.message;
    const isNew = !this.threads.has(thread);
    const one = this.conversation(thread);
    const { view } = one;
    const before = view.last;
    const { message, isNew: fresh, moved } = one.take(stanza, true);
    this.writing.stop(view, this.people.get(sender));
    if (isNew) {
      this.show(one);
      this.unknown(thread);
    }
    if (message && fresh) this.emit('message', { thread: view, message, live });
    else if (message) this.emit('change', { thread: view, message, moved });
    if (!isNew && view.last !== before) this.emit('threads', { thread: view, gone: false });
    if (message) this.emit('thread', { thread: view });
  }

  presence(presence) {
    if (presence.thread) this.membership(presence);
    else this.people.presence(presence);
  }

  membership({ thread: id, role, entity }) {
    const person = this.people.get(entity);
    const here = role !== 'none' && role !== 'banned';
    const me = person === this.people.me;
    if (me && !here) this.gone(id, role);
    else if (!this.threads.has(id)) this.unknown(id);
    else {
      const one = this.conversation(id);
      one.setMember(person, here);
      if (me) one.view.role = role;
      this.emit('member', { thread: one.view, person, role });
      this.emit('thread', { thread: one.view });
    }
  }

  receipt({ thread, entity, read }) {
    const one = this.conversations.get(thread);
    if (!one) return;
    const { view } = one;
    const person = this.people.get(entity);
    if (person === this.people.me) {
      if (one.setRead(read)) this.emit('thread', { thread: view });
    } else if (read > (view.reads.get(person.id) || 0)) {
      view.reads.set(person.id, read);
      this.emit('read', { thread: view, person, seq: read });
    }
  }

  chatstate({ thread, entity, state }) {
    const one = this.conversations.get(thread);
    const person = this.people.get(entity);
    if (!one || person === this.people.me) return;
    if (state === 'composing') this.writing.start(one.view, person);
    else this.writing.stop(one.view, person);
  }
}

/** Whether something is missing between; or the same number is another message's: a backup was restored. */
function hasGap(one, last) {
  const known = one.bySeq.get(last.seq);
  return last.seq !== one.solid || Boolean(known && known.id !== last.message.id);
}
