// SPDX-License-Identifier: MIT
//
// SpoolChat: a chat (Browser based Chat 1.0) in a page. chat.d.ts tells what each of these is for.

import { History } from './history.js';
import { Http } from './http.js';
import { Lists } from './lists.js';
import { Marks } from './marks.js';
import { Model } from './model.js';
import { Outbox } from './outbox.js';
import { Sending } from './sending.js';
import { Session } from './session.js';
import { Token } from './token.js';
import { isOwnFile, uploadFile } from './upload.js';

const DEFAULTS = {
  base: '/nereid-chat/', authorization: undefined, share: true, transport: 'auto', patience: 5000, page: 50, language: null,
};

/** Members in one page. */
const MEMBERS = 200;

export class SpoolChat extends EventTarget {
  /** @param {import('../chat.js').Options} [options] */
  constructor(options = {}) {
    super();
    const emit = (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail }));
    const own = { target: this, emit, options: { ...DEFAULTS, ...options } };
    own.http = new Http(own.options.base, own.options.authorization);
    own.token = new Token(own.http);
    own.transport = own.options.transport;
    own.patience = own.options.patience;
    own.model = new Model(emit, (thread) => own.lists.unknown(thread));
    own.history = new History(own.http, own.model, own.options.page);
    own.lists = new Lists(own.http, own.model, own.history);
    own.marks = new Marks(own.token);
    own.outbox = new Outbox(own.token, (error) => own.session.trouble(error), () => own.session.caughtUp());
    own.oneself = (presence) => this.#oneself(presence);
    own.session = new Session(own);
    own.sending = new Sending(own);
    Object.defineProperty(this, 'own', { value: own });
    this.presence = { available: true, show: null, status: null };
  }

  get me() {
    return this.own.model.people.me || null;
  }

  get people() {
    return this.own.model.people.all;
  }

  get threads() {
    return this.own.model.threads;
  }

  get connection() {
    return this.own.session.connection;
  }

  start() {
    return this.own.session.start();
  }

  stop() {
    this.own.session.stop();
  }

  reconnect() {
    this.own.session.wake();
  }

  #oneself({ entity, ...presence }) {
    const { people } = this.own.model;
    people.me = people.get(entity);
    this.presence = presence;
    return presence;
  }

  // ---- Threads and rooms -----------------------------------------------------------------------

  list() {
    return [...this.threads.values()].sort((a, b) => b.time - a.time);
  }

  async talk(...users) {
    return this.#begin({ user: users });
  }

  async createRoom({ subject = null, open = false, history = null, users = [] } = {}) {
    // Without a subject, and not open, it would be the thread of these people.
    const thread = await this.#begin({ user: [], subject, open, history });
    // Those whom one begins with are told by the first message, those who are invited at once.
    for (const user of users) {
      await this.setRole(thread.id, user, 'guest').catch((error) => this.own.emit('error', { error, thread, message: null }));
    }
    return this.own.lists.thread(thread.id);
  }

  async #begin(fields) {
    const { thread_id: id } = await this.own.http.post('start-session', fields);
    return this.own.lists.thread(id);
  }

  async findRooms({ after = null, limit = 50 } = {}) {
    return this.own.http.request(`rooms?limit=${limit}${after ? `&after=${after}` : ''}`);
  }

  async join(room) {
    await this.setRole(room, this.me.id, 'guest');
    return this.own.lists.thread(room);
  }

  async leave(room) {
    await this.setRole(room, this.me.id, 'none');
    this.own.model.gone(room);
  }

  async members(thread) {
    const { http, model } = this.own;
    const found = [];
    for (let after = ''; after !== null;) {
      const from = after && `&after=${encodeURIComponent(after)}`;
      const page = await http.request(`members/${thread}?limit=${MEMBERS}${from}`);
      found.push(...page.members);
      after = page.next;
    }
    return found.map(({ entity, role }) => ({ person: model.people.get(entity), role }));
  }

  async setRole(thread, user, role) {
    const answer = await this.own.http.post(`members/${thread}`, { user, role });
    return { person: this.own.model.people.get(answer.entity), role: answer.role };
  }

  setSubject(thread, subject) {
    return this.send(thread, { subject });
  }

  // ---- Messages --------------------------------------------------------------------------------

  send(thread, what) {
    return this.own.sending.send(thread, what);
  }

  retry(message) {
    this.own.sending.retry(message);
  }

  discard(message) {
    this.own.sending.discard(message);
  }

  edit(message, what) {
    return this.own.sending.edit(message, what);
  }

  retract(message) {
    return this.own.sending.retract(message);
  }

  react(message, text) {
    return this.own.sending.react(message, text);
  }

  async open(thread) {
    const one = this.own.sending.conversation(thread);
    if (!one.loaded) await this.own.history.older(one);
    return one.view;
  }

  async older(thread) {
    return this.own.history.older(this.own.sending.conversation(thread));
  }

  // ---- Of the moment ---------------------------------------------------------------------------

  read(thread, seq) {
    const { model, marks, emit } = this.own;
    const one = model.conversations.get(thread);
    if (!one || !one.setRead(Math.min(seq || Infinity, one.view.newest))) return;
    marks.read(thread, one.view.read);
    emit('thread', { thread: one.view });
  }

  typing(thread, state = 'composing') {
    this.own.marks.typing(thread, state);
  }

  async setPresence(presence) {
    const answer = await this.own.http.post('presence', { type: 'presence', presence: { ...this.presence, ...presence } });
    return this.#oneself(answer.presence);
  }

  // ---- Files -----------------------------------------------------------------------------------

  upload(thread, file, options) {
    return uploadFile(this.own.http, thread, file, options);
  }

  attachmentUrl({ url }) {
    return isOwnFile(url) ? this.own.http.url(url) : null;
  }
}
