// SPDX-License-Identifier: MIT
//
// A conversation: who it is with, what was said, who is writing, and where one writes.

import { el, fill } from './dom.js';
import { Composer } from './composer.js';
import { icon, iconButton } from './icons.js';
import { LogView } from './log.js';
import { MembersPanel } from './members.js';
import { nameElement, threadAvatar, threadSubtitle, threadTitle } from './people.js';
import { filesOf } from './tray.js';
import { MessageTools } from './tools.js';
import { listOf, t, errorText } from './words.js';

export class ThreadView {
  /** `app`: root, chat, base, purify, drafts, say(), back(), solo. */
  constructor(thread, app) {
    this.thread = thread;
    this.app = app;
    this.chat = app.chat;
    this.root = app.root;
    this.drafts = app.drafts;
    this.head = el('header.thread-head');
    this.typing = el('div.typing', { 'aria-live': 'off' });
    this.jump = iconButton('down', t('to_newest'), { hidden: true, onclick: () => this.log.jumpToEnd() });
    this.jump.classList.add('jump');
    this.dropping = el('div.dropping', { 'aria-hidden': 'true', hidden: true }, icon('clip'), t('drop_here'));
    this.tools = new MessageTools(this);
    this.composer = new Composer(this);
    this.log = new LogView(thread, this.logContext());
    this.members = new MembersPanel(this);
    this.node = el(
      'section.thread',
      { 'aria-label': t('conversation') },
      this.head,
      el('div.log-frame', null, this.log.node, this.tools.node, this.jump, this.dropping),
      this.typing,
      this.composer.node,
      this.members.node,
    );
    this.node.addEventListener('pointerleave', () => this.tools.hide());
    this.listenToDrops();
    this.showHead();
    this.showTyping();
    // Elsewhere on a long page nobody sees it. This line lies below the newest message.
    this.sight = new IntersectionObserver((entries) => {
      this.inSight = entries[entries.length - 1].isIntersecting;
      this.seen();
    });
    this.sight.observe(this.typing);
  }

  logContext() {
    return {
      chat: this.chat,
      base: this.app.base,
      purify: this.app.purify,
      react: (message, text) => this.react(message, text),
      meant: (row, touched) => this.tools.show(row, touched),
      tools: (row) => this.tools.focus(row),
      replaced: (old, node) => this.tools.replaced(old, node),
      scrolled: (stuck) => this.scrolled(stuck),
      resized: () => this.tools.hide(),
      say: (words) => this.say(words),
    };
  }

  /** It is in the page now. */
  opened() {
    this.log.toEnd();
    this.composer.looks();
    this.fetch();
    this.seen();
  }

  fetch() {
    this.chat
      .open(this.thread.id)
      .then(() => {
        this.log.opened = true;
        this.log.changed();
        this.seen();
      })
      .catch((error) => this.say(errorText(error)));
  }

  /** What could not be fetched can be now. */
  online() {
    if (this.log.opened) this.log.online();
    else this.fetch();
  }

  close() {
    this.log.close();
    this.sight.disconnect();
    this.chat.typing(this.thread.id, 'paused');
  }

  say(words) {
    this.app.say(words);
  }

  react(message, text) {
    const had = message.reactions.find((one) => one.mine && one.text === text);
    this.chat.react(message, had ? '' : text).catch(() => {}); // the app hears of it as an error
  }

  /** What one has written is at the end, and so is one's look. */
  sent() {
    this.log.unreadAfter = null;
    this.log.jumpToEnd();
  }

  scrolled(stuck) {
    this.jump.hidden = stuck;
    this.tools.place();
    if (stuck) this.seen();
  }

  /** Read is what stood on a page that somebody looks at. */
  seen() {
    if (this.log.stuck && this.looked()) this.chat.read(this.thread.id);
  }

  looked() {
    return this.inSight && document.visibilityState === 'visible' && document.hasFocus();
  }

  // ---- What the app tells ----------------------------------------------------------------------

  message(message) {
    // Somebody who reads along needs no line that says where the new begins.
    if (this.log.stuck && this.looked()) this.log.unreadAfter = null;
    else if (!message.mine && this.log.unreadAfter === null && message.seq) this.log.unreadAfter = message.seq - 1;
    this.log.changed();
    this.seen();
  }

  changed() {
    this.showHead();
    this.log.changed();
  }

  showHead() {
    const { thread } = this;
    const title = el(
      'button.thread-title',
      {
        type: 'button',
        title: t('members'),
        'aria-expanded': String(!this.members.node.hidden),
        'aria-haspopup': 'true',
        onclick: () => this.members.toggle(title),
      },
      threadAvatar(thread, this.app.base),
      el(
        'span.names',
        null,
        el('h2', { dir: 'auto' }, threadTitle(thread)),
        el('span.subtitle', { dir: 'auto' }, threadSubtitle(thread)),
      ),
      icon('people'),
    );
    const had = this.title && this.title.contains(this.head.getRootNode().activeElement);
    this.title = title;
    fill(this.head, !this.app.solo && iconButton('back', t('back'), { onclick: () => this.app.back() }), title);
    if (!this.app.solo) this.head.firstChild.classList.add('back');
    if (had) title.focus({ preventScroll: true });
    this.composer.node.hidden = thread.role === 'none';
    this.composer.named();
  }

  showTyping() {
    const people = this.thread.typing;
    const names = listOf(people.map((person) => person.displayName));
    fill(
      this.typing,
      people.length > 0 && [
        el('span.dots', { 'aria-hidden': 'true' }, el('i'), el('i'), el('i')),
        el(
          'span',
          null,
          people.length === 1 ? [nameElement(people[0]), ' ', t('is_typing')] : t('are_typing', { names }),
        ),
      ],
    );
  }

  /** Files may be dropped anywhere on the conversation. */
  listenToDrops() {
    let depth = 0;
    const carries = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes('Files');
    const shows = (by) => {
      depth = Math.max(0, depth + by);
      this.dropping.hidden = depth === 0;
    };
    this.node.addEventListener('dragenter', (event) => carries(event) && shows(1));
    this.node.addEventListener('dragleave', (event) => carries(event) && shows(-1));
    this.node.addEventListener('dragover', (event) => carries(event) && event.preventDefault());
    this.node.addEventListener('drop', (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      shows(-depth);
      this.composer.addFiles(filesOf(event.dataTransfer));
    });
  }
}
