// SPDX-License-Identifier: MIT
//
// Messages and what is said about them, shown at once and put into the outbox.

import { ChatError } from './errors.js';
import { takeAbout } from './message.js';
import { uploadFile } from './upload.js';
import { uuid } from './uuid.js';

export class Sending {
  /** @param {object} chat http, options, model, outbox, marks, session, emit */
  constructor(chat) {
    this.chat = chat;
    this.items = new Map();
  }

  conversation(thread) {
    const one = this.chat.model.conversations.get(thread);
    if (!one) throw new ChatError('no such thread', { status: 404 });
    return one;
  }

  // ---- Messages --------------------------------------------------------------------------------

  /** @returns {import('../chat.js').Message} */
  send(thread, what) {
    const one = this.conversation(thread);
    const draft = asDraft(what);
    const files = [...(draft.files || [])];
    const raw = { text: null, ...this.content(draft) };
    raw.attachments = [...raw.attachments, ...files.map(placeholder)];
    const message = one.add(uuid(), raw);
    const item = this.item(one, message);
    if (files.length) Object.assign(item, this.files(one, message, files, raw));
    this.items.set(message, item);
    this.chat.marks.sent(thread);
    this.chat.outbox.put(item);
    this.chat.emit('message', { thread: one.view, message, live: true });
    this.chat.emit('threads', { thread: one.view, gone: false });
    return message;
  }

  content({ text, subject, type, language, attachments, extra }) {
    return {
      ...extra, text: text ?? null, subject: subject ?? null, type: type || 'plain',
      language: language ?? this.chat.options.language, attachments: attachments || [],
    };
  }

  item(one, message) {
    const { view } = one;
    return {
      thread: view.id,
      stanza: () => ({ type: 'message', message: { ...message.raw, id: message.id, thread: view.id } }),
      heard: () => message.seq !== null,
      done: (answer) => {
        this.items.delete(message);
        this.sent(one, message, answer || message);
      },
      fail: (error) => {
        Object.assign(message, { state: 'failed', error, progress: null });
        this.changed(message);
      },
    };
  }

  sent(one, message, { seq, timestamp }) {
    // The stream may have been faster.
    if (message.seq === null) {
      const moved = one.number(message, seq, timestamp);
      this.changed(message, moved);
      this.chat.emit('threads', { thread: one.view, gone: false });
    }
    this.said(one, seq);
  }

  /** Who has read all has read what they say themselves. */
  said(one, seq) {
    if (!one.view.unread && one.view.newest >= seq - 1 && one.setRead(seq)) this.chat.marks.read(one.view.id, seq);
    this.expect(one, seq);
  }

  /** The stream has to bring it, too; or else it is deaf. */
  expect(one, seq) {
    const { session, options } = this.chat;
    const { connection } = session;
    setTimeout(() => {
      if (one.heard < seq && connection === session.connection) session.unheard();
    }, options.patience);
  }

  /** What is to be done before a message with files can go; each file once, however often it is tried. */
  files(one, message, files, raw) {
    const { http } = this.chat;
    const given = raw.attachments.slice(0, -files.length);
    const control = new AbortController();
    const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
    const done = [];
    const prepare = async () => {
      for (let i = done.length; i < files.length; i += 1) {
        const before = files.slice(0, i).reduce((sum, file) => sum + file.size, 0);
        const progress = (bytes) => {
          message.progress = Math.min(1, (before + bytes) / total);
          this.changed(message);
        };
        progress(0);
        done.push(await uploadFile(http, one.view.id, files[i], { progress, signal: control.signal }));
      }
      raw.attachments = [...given, ...done];
      message.progress = null;
      one.show(message);
      this.changed(message);
    };
    return { prepare, abort: () => control.abort() };
  }

  retry(message) {
    const item = this.items.get(message);
    if (message.state !== 'failed' || !item) return;
    const one = this.conversation(message.thread.id);
    one.remove(message);
    // Its id stands for another one, it was said.
    if (message.error.status === 409) message.id = uuid();
    Object.assign(message, { state: 'sending', error: null });
    one.last(message);
    this.changed(message, true);
    this.chat.outbox.put(item);
  }

  discard(message) {
    const item = this.items.get(message);
    if (!item) return;
    this.items.delete(message);
    this.chat.outbox.remove(item);
    item.abort?.();
    const one = this.conversation(message.thread.id);
    one.remove(message);
    this.chat.emit('remove', { thread: one.view, message });
  }

  changed(message, moved = false) {
    this.chat.emit('change', { thread: message.thread, message, moved });
  }

  // ---- About messages --------------------------------------------------------------------------

  edit(message, what) {
    const { text, subject, type, language, attachments } = message;
    const draft = { text, subject, type, language, attachments, ...asDraft(what) };
    return this.alter(message, (seq) => ({ replaces: seq, ...this.content(draft) }));
  }

  retract(message) {
    return this.alter(message, (seq) => ({ retracts: seq }));
  }

  react(message, text) {
    return this.alter(message, (seq) => ({ reaction: { to: seq, text } }));
  }

  async alter(message, make) {
    if (message.seq === null) await this.numbered(message);
    const { people } = this.chat.model;
    const one = this.conversation(message.thread.id);
    const about = one.aboutOf(message.seq);
    const change = { ...make(message.seq), id: uuid() };
    const settle = () => {
      about.own = about.own.filter((own) => own !== change);
      one.show(message);
      this.changed(message);
    };
    about.own.push(change);
    one.show(message);
    this.changed(message);
    await this.deliver(one, change, () => !about.own.includes(change)).then((answer) => {
      if (!answer) return;
      takeAbout(about, { ...answer, message: { ...change, sender: people.me } });
      this.said(one, answer.seq);
    }, (error) => {
      this.chat.emit('error', { error, thread: one.view, message });
      throw error;
    }).finally(settle);
  }

  deliver({ view }, change, heard) {
    return new Promise((resolve, reject) => {
      const stanza = () => ({ type: 'message', message: { ...change, thread: view.id } });
      this.chat.outbox.put({ thread: view.id, stanza, heard, done: resolve, fail: reject });
    });
  }

  /** Until it has its number, which whatever is about it needs. */
  numbered(message) {
    return new Promise((resolve, reject) => {
      const { chat } = this;
      const look = () => {
        const gone = !this.items.has(message) && message.seq === null;
        if (message.seq === null && message.state !== 'failed' && !gone) return;
        ['change', 'remove'].forEach((type) => chat.target.removeEventListener(type, look));
        if (message.seq === null) reject(message.error || new ChatError('not sent'));
        else resolve();
      };
      ['change', 'remove'].forEach((type) => chat.target.addEventListener(type, look));
      look();
    });
  }
}

function asDraft(what) {
  return typeof what === 'string' ? { text: what } : what;
}

/** What is shown of a file until it is there. */
function placeholder({ name, type, size }) {
  const kind = /^(image|audio|video)\//.exec(type);
  return { objectType: kind ? kind[1] : 'file', displayName: name, mimeType: type, fileSize: size };
}
