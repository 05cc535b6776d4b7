// SPDX-License-Identifier: MIT
//
// What is of the moment: how far one has read, and that one is writing. It goes past the queue, and seldom.

/** Marks of so long go together: whoever scrolls reads much. */
const READ_MSEC = 500;
/** The server passes the same state on once in 5 s; who hears nothing for 8 s takes it for over. */
const WRITING_AGAIN_MSEC = 5500;

export class Marks {
  /** @param {import('./token.js').Token} token */
  constructor(token) {
    this.token = token;
    this.wanted = new Map();
    this.timer = null;
    this.written = new Map();
  }

  tell(kind, fields) {
    return this.token.request('send-message', { method: 'POST', json: { type: kind, [kind]: fields } });
  }

  read(thread, seq) {
    this.wanted.set(thread, seq);
    if (!this.timer) this.timer = setTimeout(() => this.flush(), READ_MSEC);
  }

  /** What could not be told waits for another occasion. */
  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    for (const [thread, read] of this.wanted) {
      this.tell('receipt', { thread, read }).then(() => this.forget(thread, read), (error) => {
        if (!error.temporary) this.forget(thread, read);
      });
    }
  }

  forget(thread, read) {
    if (this.wanted.get(thread) === read) this.wanted.delete(thread);
  }

  /** @param {'composing'|'paused'} state */
  typing(thread, state) {
    const said = this.written.get(thread);
    const stale = !said || Date.now() - said.time > WRITING_AGAIN_MSEC;
    if (said?.state === state && !stale) return;
    if (state === 'paused' && (!said || said.state === 'paused')) return;
    this.written.set(thread, { state, time: Date.now() });
    this.tell('chatstate', { thread, state }).catch(() => {});
  }

  /** What one wrote is sent: the next key is news. */
  sent(thread) {
    this.written.delete(thread);
  }
}
