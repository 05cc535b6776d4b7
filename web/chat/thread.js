// SPDX-License-Identifier: MIT
//
// A thread: its messages in order, each once, and what the server says about it. `view` is what others see.

import { aboutWhat, newAbout, newMessage, setTime, showMessage, takeAbout } from './message.js';
import { isRoom } from './uuid.js';

let keys = 0;

export class Conversation {
  /**
   * @param {string} id
   * @param {import('./people.js').People} people with `me`
   */
  constructor(id, people) {
    this.people = people;
    this.bySeq = new Map();
    this.waiting = new Map();
    this.about = new Map();
    this.first = Infinity;
    this.heard = 0;
    this.counted = 0;
    this.solid = null;
    this.epoch = 0;
    this.loaded = false;
    this.asked = false;
    this.subjectSeq = 0;
    /** @type {import('../chat.js').Thread} */
    this.view = {
      id, subject: null, open: false, room: isRoom(id), created: null, members: [], memberCount: 0, others: [], role: 'guest',
      messages: [], last: null, time: 0, newest: 0, read: 0, unread: 0, reads: new Map(), typing: [], more: true, loading: false,
    };
  }

  /** What `GET threads` says of it. */
  describe({ subject, open, created, role, read, unread, last, members, memberCount }) {
    const { view } = this;
    Object.assign(view, { subject, open: Boolean(open), created, role });
    if (read >= view.read) {
      // It counts by numbers. What is behind the last of them may be here already; what is not may still come.
      this.counted = last ? last.seq : read + unread;
      Object.assign(view, { read, unread: unread + this.unreadAfter(this.counted) });
    }
    this.setMembers(members || [], memberCount);
    view.time ||= Date.parse(created) || 0;
  }

  setMembers(entities, count) {
    const { view, people } = this;
    view.members = entities.map((entity) => people.get(entity));
    view.memberCount = count ?? view.members.length;
    view.others = view.members.filter((person) => person !== people.me);
  }

  /** Somebody is in it, or no longer. */
  setMember(person, here) {
    const { view } = this;
    if (view.members.includes(person) === here) return;
    const list = here ? [...view.members, person] : view.members.filter((one) => one !== person);
    this.setMembers(list, view.memberCount + (here ? 1 : -1));
  }

  // ---- Stanzas with a number -------------------------------------------------------------------

  /**
   * Take in a stanza, once or again.
   * @param {object} stanza
   * @param {boolean} live by the stream, not of history
   * @returns {{message: object|null, isNew: boolean, moved: boolean}} the message it makes or changes
   */
  take(stanza, live) {
    const { seq, message } = stanza;
    const { view } = this;
    const isNext = live && seq > view.newest;
    this.first = Math.min(this.first, seq);
    view.newest = Math.max(view.newest, seq);
    if (live) this.heard = Math.max(this.heard, seq);
    if (isNext && message.members) this.setMembers(message.members, message.memberCount);
    const subject = aboutWhat(message);
    const taken = subject === null ? this.place(stanza) : this.change(subject, stanza);
    if (seq === this.counted) this.count();
    else if (isNext && taken.isNew && !taken.message.mine && seq > view.read && seq > this.counted) view.unread += 1;
    return taken;
  }

  change(seq, stanza) {
    const about = this.aboutOf(seq);
    takeAbout(about, stanza);
    about.own = about.own.filter((own) => own.id !== stanza.message.id);
    const message = this.bySeq.get(seq) || null;
    if (message) this.show(message);
    return { message, isNew: false, moved: false };
  }

  aboutOf(seq) {
    if (!this.about.has(seq)) this.about.set(seq, newAbout());
    return this.about.get(seq);
  }

  place({ seq, timestamp, message: raw }) {
    const { people } = this;
    if (this.bySeq.has(seq)) return this.confirm(this.bySeq.get(seq), raw);
    const sender = people.get(raw.sender);
    const own = sender === people.me && this.waiting.get(raw.id);
    const message = own || newMessage(this.view, sender, raw.id, `s${seq}`);
    message.mine = sender === people.me;
    message.raw = raw;
    message.kind = this.setsSubject(raw) ? 'subject' : 'message';
    this.setSubject(seq, raw);
    const moved = this.number(message, seq, timestamp);
    return { message, isNew: !own, moved };
  }

  /** It is here. What was sent from this tab may look otherwise as it is stored. */
  confirm(message, raw) {
    if (message.raw.sender) return { message: null, isNew: false, moved: false };
    message.raw = raw;
    this.show(message);
    return { message, isNew: false, moved: false };
  }

  /** It has its number: from now on it stands where that belongs. @returns {boolean} whether it stood elsewhere */
  number(message, seq, timestamp) {
    const { messages } = this.view;
    const was = message.mine ? messages.indexOf(message) : -1;
    if (was >= 0) messages.splice(was, 1);
    let at = messages.length;
    while (at > 0 && (messages[at - 1].seq === null || messages[at - 1].seq > seq)) at -= 1;
    messages.splice(at, 0, message);
    this.waiting.delete(message.id);
    this.bySeq.set(seq, message);
    Object.assign(message, { seq, state: 'sent', error: null, progress: null });
    setTime(message, timestamp);
    this.show(message);
    this.setLast();
    return was !== at;
  }

  setsSubject(raw) {
    return this.view.room && typeof raw.subject === 'string' && raw.text === null && !(raw.attachments || []).length;
  }

  setSubject(seq, raw) {
    if (!this.setsSubject(raw) || seq <= this.subjectSeq) return;
    this.subjectSeq = seq;
    this.view.subject = raw.subject || null;
  }

  show(message) {
    showMessage(message, this.about.get(message.seq), this.people);
  }

  setLast() {
    const { view } = this;
    view.last = view.messages[view.messages.length - 1] || null;
    if (view.last) view.time = view.last.time;
  }

  // ---- Those on their way ----------------------------------------------------------------------

  /** One's own, not yet sent. */
  add(id, raw) {
    keys += 1;
    const message = newMessage(this.view, this.people.me, id, `o${keys}`);
    message.mine = true;
    message.raw = raw;
    message.kind = this.setsSubject(raw) ? 'subject' : 'message';
    setTime(message, new Date().toISOString());
    this.show(message);
    this.last(message);
    return message;
  }

  /** Put it behind the others that wait. */
  last(message) {
    this.remove(message);
    this.waiting.set(message.id, message);
    this.view.messages.push(message);
    this.setLast();
  }

  remove(message) {
    const { messages } = this.view;
    const at = messages.indexOf(message);
    if (at >= 0) messages.splice(at, 1);
    this.waiting.delete(message.id);
    this.setLast();
  }

  // ---- Marks -----------------------------------------------------------------------------------

  /** One's own mark. @returns {boolean} whether it moved */
  setRead(seq) {
    const { view } = this;
    if (seq <= view.read) return false;
    view.read = seq;
    this.count();
    return true;
  }

  /** What is unread: exactly where all of it is here, else as the server counts, by numbers. */
  count() {
    const { view } = this;
    if (view.read < this.first - 1) view.unread = Math.min(view.unread, Math.max(view.read, view.newest, this.counted) - view.read);
    else view.unread = this.unreadAfter(view.read);
  }

  unreadAfter(seq) {
    return this.view.messages.filter((one) => !one.mine && one.seq > seq).length;
  }

  /** Forget what may have a gap behind it: all up to `seq`. What is on its way stays. */
  clear(seq = Infinity) {
    const { view } = this;
    this.epoch += 1;
    view.messages = view.messages.filter((one) => one.seq === null || one.seq > seq);
    this.bySeq = new Map([...this.bySeq].filter(([key]) => key > seq));
    this.first = Math.min(...this.bySeq.keys(), Infinity);
    if (seq === Infinity) {
      this.about.clear();
      view.newest = this.counted = 0;
    }
    this.loaded = false;
    this.subjectSeq = 0;
    view.more = true;
    this.setLast();
  }
}
