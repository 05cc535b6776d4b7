// SPDX-License-Identifier: MIT
//
// What there is to say about the connection: nothing while it is well.

import { el, fill } from './dom.js';
import { icon } from './icons.js';
import { t } from './words.js';

export class ConnectionBar {
  constructor(chat) {
    this.chat = chat;
    this.words = el('span', { role: 'status' });
    this.rest = el('span.rest', { 'aria-hidden': 'true' });
    this.button = el('button.link', { type: 'button', onclick: () => this.act() });
    this.node = el('div.connection', null, icon('warn'), this.words, this.rest, this.button);
    this.show();
  }

  /** It is shown at once, but not for the moment that a good connection takes. */
  show() {
    const { state, retryAt } = this.chat.connection;
    clearTimeout(this.timer);
    // The browser did not ask by itself: there is a page for it.
    if (state === 'login' && this.asked) window.location.reload();
    if (state !== 'connecting') this.asked = false;
    this.node.dataset.state = state;
    const words = state === 'online' ? '' : t(`connection_${state}`);
    if (this.words.textContent !== words) fill(this.words, words);
    const seconds = state === 'offline' && retryAt ? Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)) : 0;
    this.rest.textContent = seconds ? t('retry_in', { count: seconds }) : '';
    this.button.hidden = state !== 'offline' && state !== 'login';
    const deed = t(state === 'login' ? 'log_in' : 'try_now');
    if (this.button.textContent !== deed) fill(this.button, deed);
    if (seconds) this.timer = setTimeout(() => this.show(), 1000);
  }

  act() {
    this.asked = this.chat.connection.state === 'login';
    this.chat.reconnect();
  }

  close() {
    clearTimeout(this.timer);
  }
}
