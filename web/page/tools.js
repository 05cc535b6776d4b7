// SPDX-License-Identifier: MIT
//
// What can be done with the message that one means. One bar for all messages; it stands behind the list, not in it,
// so that it is reached by Tab from there and nobody reads it out as a new message.

import { arrows, el, focused } from './dom.js';
import { emojiBoard, QUICK_EMOJI } from './emoji.js';
import { iconButton } from './icons.js';
import { plainText } from './people.js';
import { askFirst, openPopup } from './popup.js';
import { t } from './words.js';

export class MessageTools {
  /** `view`: root, chat, thread, log, composer, react(). */
  constructor(view) {
    this.view = view;
    this.row = null;
    this.node = el('div.tools', { role: 'toolbar', 'aria-label': t('message_actions'), hidden: true });
    arrows(this.node, 'button', false);
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.row) return;
      event.stopPropagation();
      this.row.focus({ preventScroll: true });
    });
  }

  /** The emoji are shown. */
  get open() {
    return this.node.querySelector('[aria-expanded="true"]') !== null;
  }

  /** This row is meant now; null: none. */
  show(row, touched) {
    if (row && row.classList.contains('event')) return this.show(null);
    if (touched && row && row === this.row && !this.node.hidden && this.byTouch) return this.show(null);
    this.byTouch = touched;
    if (row === this.row && !this.node.hidden) return this.place();
    // Who is using the bar does not lose it to a passing mouse.
    if (this.node.contains(focused(this.node)) || this.open) return null;
    this.row = row;
    this.fill();
    return this.place();
  }

  hide() {
    if (!this.node.contains(focused(this.node)) && !this.open) this.show(null);
  }

  /** A message has another row than before. */
  replaced(old, node) {
    if (old !== this.row) return;
    this.row = node;
    this.fill();
    this.place();
  }

  focus(row) {
    this.show(row);
    const first = this.node.querySelector('button');
    if (first) first.focus();
  }

  /** Who is at one of the buttons is at the same one of the new ones. */
  fill() {
    const message = this.row && this.row.message;
    const had = this.node.contains(focused(this.node)) && focused(this.node).getAttribute('aria-label');
    this.node.textContent = '';
    this.node.hidden = !message || !this.fits(message);
    if (this.node.hidden) {
      if (had && this.row) this.row.focus({ preventScroll: true });
      return;
    }
    this.node.append(...this.quick(message), ...this.buttons(message));
    if (had) this.button(had).focus();
  }

  /** The one of that name, or the first. */
  button(label) {
    const all = Array.from(this.node.querySelectorAll('button'));
    return all.find((one) => one.getAttribute('aria-label') === label) || all[0];
  }

  fits(message) {
    return message.seq !== null && !message.retracted && message.thread.role !== 'none';
  }

  quick(message) {
    return QUICK_EMOJI.slice(0, 3).map((one) =>
      el(
        'button.ib.emoji',
        {
          type: 'button',
          'aria-label': t('react_with', { emoji: one }),
          title: t('react_with', { emoji: one }),
          onclick: () => this.view.react(message, one),
        },
        one,
      ),
    );
  }

  buttons(message) {
    const { mine, thread } = message;
    const moderates = thread.room && (thread.role === 'owner' || thread.role === 'moderator');
    const buttons = [
      iconButton('smile', t('react'), {
        'aria-haspopup': 'dialog',
        'aria-expanded': 'false',
        onclick: (event) => this.board(message, event.currentTarget),
      }),
      iconButton('reply', t('reply'), { onclick: () => this.view.composer.reply(message) }),
    ];
    if (message.text) buttons.push(iconButton('copy', t('copy'), { onclick: () => this.copy(message) }));
    if (mine) buttons.push(iconButton('edit', t('edit'), { onclick: () => this.view.composer.edit(message) }));
    if (mine || moderates) buttons.push(iconButton('bin', t('retract'), { onclick: () => this.retract(message) }));
    return buttons;
  }

  board(message, anchor) {
    const close = openPopup(
      this.view.root,
      anchor,
      t('react'),
      emojiBoard((one) => {
        close();
        this.view.react(message, one);
      }),
    );
  }

  async copy(message) {
    try {
      await navigator.clipboard.writeText(plainText(message));
      this.view.say(t('copied'));
    } catch {
      this.view.say(t('not_copied'));
    }
  }

  retract(message) {
    askFirst(this.view.root, t('retract_question'), t('retract'), () => {
      this.view.chat.retract(message).catch(() => {}); // the view hears of it as an error
      if (this.row) this.row.focus({ preventScroll: true });
    });
  }

  /** At the upper end of the row; gone when that is out of sight. */
  place() {
    if (this.node.hidden || !this.row || !this.row.isConnected) {
      this.node.hidden = true;
      return;
    }
    const frame = this.node.offsetParent.getBoundingClientRect();
    const log = this.view.log.node.getBoundingClientRect();
    const bubble = (this.row.querySelector('.bubble') || this.row).getBoundingClientRect();
    const top = Math.max(bubble.top - this.node.offsetHeight + 6, log.top + 2);
    if (bubble.bottom < log.top || top > log.bottom) {
      this.node.hidden = true;
      return;
    }
    const own = this.row.classList.contains('mine') !== (getComputedStyle(this.row).direction === 'rtl');
    const wished = own ? bubble.right - this.node.offsetWidth : bubble.left;
    const left = Math.min(Math.max(wished, log.left + 8), log.right - this.node.offsetWidth - 12);
    this.node.style.top = `${top - frame.top}px`;
    this.node.style.left = `${left - frame.left}px`;
  }
}
