// SPDX-License-Identifier: MIT
//
// A client that tries an event stream, and goes on with long polls when it hears nothing of it, or does not hear
// itself: a proxy that keeps back all but full buffers lets `open` through when much was said. Nothing is lost on
// the way, for the cursor is older than the stream. It shows what comes, twice if it came twice.

const base = '/nereid-chat';
const query = new URLSearchParams(window.location.search);
const patience = Number(query.get('patience') ?? 3000); // ms until a stream is open; 0: none is wanted
const echo = 3000; // ms until what one says oneself is heard
const failure = 1; // seconds until a poll that failed is tried again

const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

class Client {
  constructor() {
    this.shown = [];
    this.turn('starting');
    this.opened = 0;
    this.polls = 0;
  }

  async start() {
    const response = await fetch(`${base}/threads`);
    this.cursor = (await response.json()).cursor;
    this.turn('trying');
    this.listen();
  }

  /** What it does now, and `ways`: what it has done so far, in order. */
  turn(how) {
    this.how = how;
    this.ways = [...this.ways ?? [], how];
  }

  /** The browser reconnects by itself, and then brings the last event's id. */
  listen() {
    this.source = new EventSource(`${base}/stream?since=${this.cursor}`);
    this.source.onopen = () => {
      clearTimeout(this.timer);
      this.turn('events');
      this.opened += 1;
    };
    this.source.onmessage = (event) => {
      this.cursor = event.lastEventId;
      this.hear(JSON.parse(event.data));
    };
    if (patience) this.timer = setTimeout(() => this.fallBack(), patience);
    else this.fallBack();
  }

  fallBack() {
    if (this.how === 'polls') return;
    this.turn('polls');
    this.source.close();
    this.poll();
  }

  async say(thread, text) {
    const body = new URLSearchParams({ thread_id: thread, message: text });
    const response = await fetch(`${base}/send-message`, { method: 'POST', body });
    if (!response.ok) throw new Error(`send-message: ${response.status}`);
    setTimeout(() => this.shown.includes(text) || this.fallBack(), echo);
  }

  async poll() {
    for (;;) {
      try {
        const response = await fetch(`${base}/stream?since=${this.cursor}`);
        if (!response.ok) throw new Error(`stream: ${response.status}`);
        const envelope = await response.json();
        this.cursor = envelope.cursor;
        envelope.stanzas.forEach((stanza) => this.hear(stanza));
        this.polls += 1;
        await pause(envelope.retry_after ?? 0);
      } catch {
        await pause(failure); // and asks for the same again
      }
    }
  }

  hear(stanza) {
    if (stanza.type === 'message') this.shown.push(stanza.message.text);
  }
}

window.client = new Client();
window.client.start();
