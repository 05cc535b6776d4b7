// SPDX-License-Identifier: MIT
//
// The list of messages. However long a history is, at most ROWS_MAX of it are elements: what is far from what one
// sees is taken out and comes back when one goes there. Whoever reads above stays where they are while others
// write below and history comes in above; whoever is at the end stays at the end.

import { answeredMessage, showProgress } from './body.js';
import { el, focused, keyed } from './dom.js';
import { listenToLog } from './log-keys.js';
import { messageBrief } from './people.js';
import { unpressed } from './pressed.js';
import { dayRow, messageRow, unreadRow } from './row.js';
import { dayName, dayOf } from './times.js';
import { errorText, t } from './words.js';

const ROWS_MAX = 120;
const ROWS_STEP = 20; // as many as are made and laid out in one go
const ROWS_FIRST = 60;
const NEAR_PX = 700; // so far from an end the next rows are made
const GROUP_MS = 5 * 60000;
const LATE_MS = 3000; // what is on its way for longer can be given up
const AGAIN_MS = 1000; // until a page of history that could not be had is asked for again; twice as long each time
const AGAIN_MOST_MS = 30000;

export class LogView {
  /** `context`: chat, base, purify, react(), show tools(); see thread-view.js. */
  constructor(thread, context) {
    this.thread = thread;
    this.context = {
      ...context,
      goTo: (seq) => this.goTo(seq),
      resized: () => this.keepEnd(),
      late: (message) => this.late(message),
    };
    this.rows = new Map(); // message key -> {node, look}
    this.first = 0;
    this.last = 0; // behind the last one that is shown
    this.stuck = true; // at the end
    this.marks = new Map();
    this.notBefore = 0;
    this.failures = 0;
    this.unreadAfter = thread.unread > 0 ? thread.read : null;
    this.top = el('div.log-top', { 'aria-live': 'off' });
    this.list = el('div.log-list');
    this.node = el(
      'div.log',
      { role: 'log', 'aria-live': 'polite', 'aria-label': t('messages'), tabindex: '0' },
      this.top,
      this.list,
    );
    this.node.addEventListener('scroll', () => this.scrolled(), { passive: true });
    listenToLog(this);
    this.sizes = new ResizeObserver(() => {
      this.keepEnd();
      context.resized();
    });
    this.sizes.observe(this.node);
    this.showAll();
  }

  close() {
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    this.closed = true;
  }

  /** Begin at the end. */
  showAll() {
    this.last = this.thread.messages.length;
    this.first = Math.max(0, this.last - ROWS_FIRST);
    this.stuck = true;
    this.quietly(() => this.sync());
    this.toEnd();
  }

  /** Something of the thread has changed: look again before the next picture. */
  changed() {
    if (this.frame) return;
    const refresh = () => {
      this.frame = 0;
      if (!this.closed) this.refresh();
    };
    this.frame = requestAnimationFrame(() => unpressed(refresh));
  }

  refresh() {
    this.realign();
    const count = this.thread.messages.length;
    if (this.stuck || this.last >= this.count || this.last > count) this.last = count;
    if (this.stuck && this.last - this.first > ROWS_MAX) this.first = this.last - ROWS_FIRST;
    this.first = Math.max(0, Math.min(this.first, this.last - 1));
    this.inPlace(() => this.sync());
    this.more();
  }

  /** Older ones stand before the others now. */
  prepended() {
    this.realign();
    this.quietly(() => this.up());
    this.changed();
  }

  /** The rows begin with the message that they began with, wherever it stands now. */
  realign() {
    const at = this.begin ? this.thread.messages.indexOf(this.begin) : -1;
    if (at < 0 || at === this.first) return;
    this.last += at - this.first;
    this.count += at - this.first;
    this.first = at;
  }

  /** Make the rows for [first, last), of each only what has changed. */
  sync() {
    const { messages } = this.thread;
    this.count = messages.length;
    this.begin = messages[this.first];
    const nodes = [];
    const rows = new Map();
    for (let i = this.first; i < this.last; i += 1) this.place(messages[i], messages[i - 1], nodes, rows);
    this.rows = rows;
    keyed(this.list, nodes);
    this.top.textContent = this.topText();
  }

  place(message, before, nodes, rows) {
    const day = dayOf(message.time);
    const newDay = !before || dayOf(before.time) !== day;
    // After midnight the same day is called otherwise.
    if (newDay) nodes.push(this.mark(`day ${day} ${dayName(message.time)}`, () => dayRow(message.time)));
    const unread = this.startsUnread(message, before);
    if (unread) nodes.push(this.mark('unread', unreadRow));
    const grouped =
      !newDay &&
      !unread &&
      before.kind === 'message' &&
      before.sender === message.sender &&
      message.time - before.time < GROUP_MS;
    rows.set(message.key, this.row(message, grouped));
    nodes.push(rows.get(message.key).node);
  }

  mark(key, make) {
    if (!this.marks.has(key)) this.marks.set(key, this.hushed(make(), this.quiet));
    return this.marks.get(key);
  }

  startsUnread(message, before) {
    const mark = this.unreadAfter;
    return mark !== null && !message.mine && message.seq > mark && !(before && before.seq > mark);
  }

  /** The row that is there when it looks the same, else a new one in its place. */
  row(message, grouped) {
    const look = this.lookOf(message, grouped);
    const had = this.rows.get(message.key);
    if (had && had.look === look) {
      showProgress(had.node, message);
      return had;
    }
    const node = this.hushed(messageRow(message, grouped, this.context), had || this.quiet);
    node.message = message;
    if (message.state === 'sending') setTimeout(() => this.changed(), LATE_MS);
    if (had) this.replace(had.node, node);
    return { node, look };
  }

  /** What stood here already, or comes from the past, is not news: nobody reads it out. */
  hushed(node, quiet) {
    if (quiet) node.setAttribute('aria-live', 'off');
    return node;
  }

  replace(old, node) {
    const had = focused(this.node);
    old.replaceWith(node);
    if (had && old.contains(had)) node.focus({ preventScroll: true });
    this.context.replaced(old, node);
  }

  /** Of all that a row shows, so that what is equal is not made again. */
  lookOf(message, grouped) {
    const reads = message.mine
      ? message.thread.others.filter((one) => message.thread.reads.get(one.id) >= message.seq).length
      : 0;
    const other = answeredMessage(message);
    return JSON.stringify([
      grouped,
      message.kind,
      message.seq,
      message.state,
      message.text,
      message.subject,
      message.edited,
      message.retracted,
      message.changing,
      message.progress !== null,
      message.time,
      reads,
      message.attachments.length,
      message.sender.displayName,
      other && messageBrief(other),
      message.state === 'sending' && this.context.chat.connection.state === 'online',
      this.late(message),
      message.reactions.map((one) => [one.text, one.people.length, one.mine]),
    ]);
  }

  /** It is on its way, and may be for long. */
  late(message) {
    if (message.state !== 'sending') return false;
    return this.context.chat.connection.state !== 'online' || Date.now() - message.time >= LATE_MS;
  }

  topText() {
    if (this.first > 0) return '';
    if (this.thread.loading) return t('loading');
    return this.thread.more ? '' : t('beginning');
  }

  // ---- Where one is ----------------------------------------------------------------------------

  /** The browser tells a picture later. What has come meanwhile is to be shown yet, and moves nobody from the end. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    const below = scrollHeight - scrollTop - clientHeight;
    this.stuck = below < 40 && this.last === this.count;
    if (scrollTop < NEAR_PX) this.up();
    else if (below < NEAR_PX && this.last < this.count) this.down();
    this.context.scrolled(this.stuck);
  }

  /** Older rows, made of what is there or fetched. */
  up() {
    if (this.first > 0 && this.node.scrollTop < NEAR_PX) {
      this.first = Math.max(0, this.first - ROWS_STEP);
      if (!this.stuck) this.last = Math.min(this.last, this.first + ROWS_MAX);
      this.quietly(() => this.inPlace(() => this.sync()));
      if (this.node.scrollHeight < this.node.clientHeight + NEAR_PX) this.up();
    } else {
      this.more();
    }
  }

  /** Newer ones, after one has gone up. */
  down() {
    this.last = Math.min(this.thread.messages.length, this.last + ROWS_STEP);
    this.first = Math.max(this.first, this.last - ROWS_MAX);
    this.quietly(() => this.inPlace(() => this.sync()));
  }

  /** Fetch the page before, when one is near the beginning of what is there. */
  more() {
    if (this.first > 0 || !this.thread.more || this.thread.loading || this.node.scrollTop >= NEAR_PX) return;
    if (!this.thread.messages.length && !this.opened) return;
    if (Date.now() < this.notBefore) return;
    this.context.chat.older(this.thread.id).then(
      () => {
        this.failures = 0;
      },
      () => {
        this.notBefore = Date.now() + Math.min(AGAIN_MOST_MS, AGAIN_MS * 2 ** this.failures);
        this.failures += 1;
      },
    );
    this.top.textContent = t('loading');
  }

  /** There is a way again. */
  online() {
    this.notBefore = 0;
    this.changed();
  }

  /** Do it so that what one looks at stays where it is. */
  inPlace(act) {
    if (this.stuck) {
      act();
      this.toEnd();
      return;
    }
    const at = this.node.getBoundingClientRect().top;
    // A row: the line of a day moves up with what comes in above.
    const seen = Array.from(this.list.querySelectorAll('.row')).find((row) => row.getBoundingClientRect().bottom > at);
    const before = seen && seen.getBoundingClientRect().top;
    const { message } = seen || {};
    act();
    const now =
      seen && (seen.isConnected ? seen : message && this.rows.has(message.key) && this.rows.get(message.key).node);
    if (now) this.node.scrollTop += now.getBoundingClientRect().top - before;
  }

  /** Rows that are made meanwhile are not news. */
  quietly(act) {
    this.quiet = true;
    act();
    this.quiet = false;
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
  }

  keepEnd() {
    if (this.stuck) this.toEnd();
  }

  /** To the newest, wherever one is. */
  jumpToEnd() {
    this.showAll();
    this.context.scrolled(true);
  }

  /** To a message, when it is there or can be fetched. */
  async goTo(seq) {
    const find = () => this.thread.messages.findIndex((one) => one.seq === seq);
    try {
      while (find() < 0 && this.thread.more && !this.closed && seq < this.oldest()) {
        await this.context.chat.older(this.thread.id);
      }
    } catch (error) {
      this.context.say(errorText(error));
      return;
    }
    const at = find();
    if (at < 0 || this.closed) return;
    this.showAround(at);
    const { node } = this.rows.get(this.thread.messages[at].key);
    node.scrollIntoView({ block: 'center' });
    node.focus({ preventScroll: true });
  }

  oldest() {
    const first = this.thread.messages.find((one) => one.seq !== null);
    return first ? first.seq : 0;
  }

  showAround(at) {
    if (at >= this.first && at < this.last) return;
    this.first = Math.max(0, at - ROWS_FIRST / 2);
    this.last = Math.min(this.thread.messages.length, at + ROWS_FIRST / 2);
    this.stuck = false;
    this.quietly(() => this.sync());
  }
}
