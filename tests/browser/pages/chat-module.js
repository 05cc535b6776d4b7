// SPDX-License-Identifier: MIT
//
// What the original server's module for single page applications does: a token, a stream opened with it; on
// any error the token is dropped and another stream opened with another token, from scratch. After three
// failures without an `open` in between it gives up. A token that it does not get is a failure, too.

const MOST_FAILURES = 3;
const base = '/nereid-chat';

class Client {
  /** `pause`: ms between a failure and the next attempt. */
  constructor(pause) {
    this.pause = pause;
    this.shown = [];
    this.people = {};
    this.threads = {};
    this.opened = 0;
    this.tokens = 0;
    this.failures = 0;
    this.dead = false;
    this.connect();
  }

  async connect() {
    try {
      const response = await fetch(`${base}/token`, { method: 'POST' });
      if (!response.ok) throw new Error(`token: ${response.status}`);
      this.token = (await response.json()).token;
      this.tokens += 1;
    } catch {
      this.fail();
      return;
    }
    this.listen();
  }

  listen() {
    const source = new EventSource(`${base}/stream/${this.token}`);
    source.onopen = () => {
      this.opened += 1;
      this.failures = 0;
    };
    source.onmessage = (event) => this.hear(JSON.parse(event.data));
    source.onerror = () => {
      source.close();
      this.token = null;
      this.fail();
    };
  }

  fail() {
    this.failures += 1;
    if (this.failures >= MOST_FAILURES) this.dead = true;
    else if (this.pause > 0) setTimeout(() => this.connect(), this.pause);
    else this.connect();
  }

  hear(stanza) {
    if (stanza.type === 'presence') {
      this.people[stanza.presence.entity.id] = stanza.presence.available;
      return;
    }
    if (stanza.type !== 'message') return;
    const { message } = stanza;
    // A thread that somebody else began gets its window by its first message.
    this.threads[message.thread] ??= message.members.map((member) => [member.id, member.displayName]);
    this.shown.push({
      text: message.text,
      thread: message.thread,
      from: message.sender.displayName,
      at: new Date(`${stanza.timestamp.split('.')[0]}+00:00`).toISOString(),
    });
  }

  async friends() {
    const response = await fetch(`${base}/get-friends`);
    const { friends } = await response.json();
    return friends.map((friend) => [friend.entity.id, friend.entity.displayName, friend.available]);
  }

  async post(path, fields) {
    const response = await fetch(`${base}/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
    return response.json();
  }

  async start(user) {
    return (await this.post('start-session', { user })).thread_id;
  }

  async say(thread, text) {
    return (await this.post('send-message', { thread_id: thread, message: text })).success;
  }
}

window.client = new Client(Number(new URLSearchParams(window.location.search).get('pause') ?? 0));
