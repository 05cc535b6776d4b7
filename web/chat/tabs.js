// SPDX-License-Identifier: MIT
//
// Several tabs of one user share one stream: one of them leads, which listens and passes on what it hears. Who leads
// a Web Lock decides; without Web Locks (a page without https has none) whoever asks and hears of no leader. Should two
// lead for a moment, both hear the same, and each tab takes every stanza once. Without BroadcastChannel each tab
// leads for itself.

/** Until a leader that does not answer is taken for frozen. */
const FROZEN_MSEC = 3000;
/** The same among tabs that elect one. */
const ELECT_MSEC = 400;

export class Tabs {
  /**
   * @param {string} name of what is shared: the chat and the user
   * @param {boolean} share
   * @param {{lead: () => void, follow: () => void, told: (kind: string, data: any) => void}} on
   *   lead: this tab listens from now on; follow: no longer, or another one does
   */
  constructor(name, share, on) {
    this.name = name;
    this.on = on;
    this.id = `${Date.now()}-${Math.random()}`;
    this.leads = false;
    this.joined = false;
    this.release = null;
    this.asking = new Set();
    this.channel = share && typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : null;
    if (this.channel) this.channel.onmessage = (event) => this.told(event.data);
  }

  /** Tell the other tabs. */
  tell(kind, data) {
    this.channel?.postMessage({ kind, data, from: this.id });
  }

  join() {
    this.joined = true;
    if (!this.channel) this.lead();
    else if (navigator.locks) this.wait();
    else this.elect();
  }

  leave() {
    this.joined = false;
    this.abort?.abort();
    if (this.leads) this.tell('bye');
    this.stepDown();
  }

  close() {
    this.leave();
    this.channel?.close();
  }

  /** Whether the leader is alive; take its place if not. */
  async check() {
    if (!this.joined || this.leads || !this.channel) return;
    // One at a time takes its place; the answer is for all who ask.
    if (this.checking) {
      this.tell('ask');
      return;
    }
    this.checking = true;
    const alive = await this.ask(FROZEN_MSEC);
    this.checking = false;
    if (alive || !this.joined || this.leads) return;
    if (this.locked) this.wait(true);
    else this.lead();
  }

  // ---- Who leads -------------------------------------------------------------------------------

  lead() {
    if (this.leads || !this.joined) return;
    this.leads = true;
    this.tell('lead');
    this.on.lead();
  }

  stepDown() {
    const { leads, release } = this;
    this.leads = false;
    this.release = null;
    release?.();
    if (leads) this.on.follow();
  }

  /** Wait for the lock, or take it from somebody who is frozen. */
  async wait(steal = false) {
    const abort = new AbortController();
    if (!steal) this.abort = abort;
    this.locked = true;
    try {
      await navigator.locks.request(this.name, steal ? { steal } : { signal: abort.signal }, () => this.hold());
    } catch (error) {
      if (error.name !== 'AbortError') {
        // Not for pages like this one.
        this.locked = false;
        if (this.joined) this.elect();
      } else if (this.joined && this.leads) {
        // Taken from us, who seemed frozen.
        this.stepDown();
        this.wait();
      }
    }
  }

  hold() {
    if (!this.joined || this.leads) return null;
    return new Promise((resolve) => {
      this.release = resolve;
      this.lead();
    });
  }

  /** Without locks. A little chance keeps tabs that begin together apart. */
  async elect() {
    await new Promise((resolve) => { setTimeout(resolve, Math.random() * ELECT_MSEC); });
    if (this.joined && !this.leads && !await this.ask(ELECT_MSEC)) this.lead();
  }

  /** @returns {Promise<boolean>} whether a leader answers */
  ask(msec) {
    return new Promise((resolve) => {
      const answered = (answer) => {
        clearTimeout(timer);
        this.asking.delete(answered);
        resolve(answer);
      };
      const timer = setTimeout(() => answered(false), msec);
      this.asking.add(answered);
      this.tell('ask');
    });
  }

  told({ kind, data, from }) {
    if (kind === 'ask') {
      if (this.leads) this.tell('lead');
    } else if (kind === 'lead') {
      this.asking.forEach((answered) => answered(true));
      if (this.leads && !this.locked) this.rival(from);
    } else if (kind === 'bye') {
      if (this.joined && !this.locked) this.elect();
    }
    this.on.told(kind, data);
  }

  /** Of two that lead without a lock, the older one stays. */
  rival(other) {
    if (other < this.id) this.stepDown();
    else this.tell('lead');
  }
}
