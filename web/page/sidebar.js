// SPDX-License-Identifier: MIT
//
// Beside the conversation: oneself, the connection, one's conversations, and people.

import { arrows, el, fill, keyed } from './dom.js';
import { ConnectionBar } from './connection.js';
import { iconButton } from './icons.js';
import { openMyPresence, openSettings } from './me.js';
import { avatar, messageBrief, nameElement, presenceText, threadAvatar, threadTitle } from './people.js';
import { unpressed } from './pressed.js';
import { findRooms, makeRoom } from './rooms.js';
import { briefTime, timeElement } from './times.js';
import { t } from './words.js';

export class Sidebar {
  constructor(app) {
    this.app = app;
    this.chat = app.chat;
    this.items = new Map(); // thread or person -> li
    this.connection = new ConnectionBar(app.chat);
    this.me = el('button.me', { type: 'button', 'aria-haspopup': 'dialog', onclick: () => openMyPresence(app) });
    this.gear = iconButton('gear', t('settings'), { 'aria-haspopup': 'dialog', onclick: () => openSettings(app) });
    this.search = el('input.search', {
      type: 'search',
      'aria-label': t('search'),
      placeholder: t('search'),
      autocomplete: 'off',
      oninput: () => this.show(),
    });
    this.threads = el('ul.threads');
    this.people = el('ul.people');
    this.nothing = el('p.note');
    this.node = el(
      'nav.side',
      { 'aria-label': t('conversations') },
      el(
        'header.side-head',
        null,
        this.me,
        this.gear,
      ),
      this.connection.node,
      this.search,
      el(
        'div.side-lists',
        null,
        this.section('conversations', this.threads, this.roomButtons(), this.nothing),
        this.section('people', this.people),
      ),
    );
    arrows(this.node.lastChild, 'li > button', true);
    this.showMe();
    this.show();
  }

  section(key, list, buttons, note) {
    return el('section', null, el('header.section-head', null, el('h2', null, t(key)), buttons), list, note);
  }

  roomButtons() {
    return [
      iconButton('search', t('find_room'), { 'aria-haspopup': 'dialog', onclick: () => findRooms(this.app) }),
      iconButton('plus', t('new_room'), { 'aria-haspopup': 'dialog', onclick: () => makeRoom(this.app) }),
    ];
  }

  openSettings() {
    this.gear.focus();
    openSettings(this.app);
  }

  showMe() {
    const { me, presence } = this.chat;
    if (!me) return;
    const there = this.chat.connection.state === 'online';
    const seen = { ...me, ...presence, available: presence.available && there };
    fill(
      this.me,
      avatar(seen, this.app.base, true),
      el(
        'span.names',
        null,
        el('span.name', null, nameElement(me)),
        el(
          'span.subtitle',
          { dir: 'auto' },
          presence.available || !there ? (there && presence.status) || presenceText(seen) : t('invisible'),
        ),
      ),
      el('span.vh', null, `, ${t('my_presence')}`),
    );
  }

  /** Soon, and once for many changes. */
  changed() {
    if (this.frame) return;
    const show = () => {
      this.frame = 0;
      this.show();
    };
    this.frame = setTimeout(() => unpressed(show), 50);
  }

  show() {
    const words = this.search.value.trim().toLocaleLowerCase();
    const fits = (name) => name.toLocaleLowerCase().includes(words);
    const threads = this.chat.list().filter((thread) => fits(threadTitle(thread)));
    const people = Array.from(this.chat.people.values()).filter(
      (one) => one.friend && one !== this.chat.me && fits(one.displayName),
    );
    people.sort((a, b) => Number(b.available) - Number(a.available) || a.displayName.localeCompare(b.displayName));
    keyed(
      this.threads,
      threads.map((thread) => this.item(thread, () => this.threadLook(thread))),
    );
    keyed(
      this.people,
      people.map((person) => this.item(person, () => this.personLook(person))),
    );
    this.nothing.textContent = threads.length ? '' : t(words ? 'nothing_found' : 'no_conversations');
  }

  /** Its element, which stays the same; what is in it is made anew when it looks otherwise. */
  item(key, look) {
    if (!this.items.has(key)) this.items.set(key, el('li', null, el('button', { type: 'button' })));
    const node = this.items.get(key);
    const { text, current, inside, act } = look();
    const button = node.firstChild;
    if (node.look !== text) {
      fill(button, inside());
      button.onclick = act;
    }
    node.look = text;
    if (current) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
    return node;
  }

  threadLook(thread) {
    const [who, brief] = this.brief(thread);
    const title = threadTitle(thread);
    const [other] = thread.others;
    return {
      text: JSON.stringify([
        title,
        who,
        brief,
        thread.time,
        thread.unread,
        thread.typing.length,
        thread.others.length === 1 && [other.available, other.show],
      ]),
      current: this.app.view !== null && this.app.view.thread === thread,
      act: () => this.app.open(thread),
      inside: () => [
        threadAvatar(thread, this.app.base),
        el(
          'span.names',
          null,
          el(
            'span.first',
            null,
            el('span.name', { dir: 'auto' }, title),
            thread.last && timeElement(thread.time, briefTime(thread.time)),
          ),
          el(
            'span.first',
            null,
            el('span.brief', null, who && el('bdi.who-brief', null, `${who}: `), el('span.subtitle', { dir: 'auto' }, brief)),
            thread.unread > 0 &&
              el(
                'span.badge',
                null,
                el('span.vh', null, ', '),
                thread.unread > 999 ? '999+' : String(thread.unread),
                el('span.vh', null, ` ${t('unread')}`),
              ),
          ),
        ),
      ],
    };
  }

  /** Who, where it is not plain, and what. Apart, for each has a direction of writing of its own. */
  brief(thread) {
    const { last, typing, others } = thread;
    if (typing.length) return [null, t('typing_brief')];
    if (!last) return [null, ''];
    const who = last.mine ? t('you') : last.sender.displayName;
    return [last.mine || others.length > 1 ? who : null, messageBrief(last)];
  }

  personLook(person) {
    const status = person.available && person.status ? person.status : presenceText(person);
    return {
      text: JSON.stringify([person.displayName, person.available, person.show, status]),
      current: false,
      act: () => this.app.talk(person),
      inside: () => [
        avatar(person, this.app.base, true),
        el(
          'span.names',
          null,
          el('span.name', null, nameElement(person)),
          el('span.subtitle', { dir: 'auto' }, status),
        ),
      ],
    };
  }
}
