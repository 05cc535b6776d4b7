// SPDX-License-Identifier: MIT
//
// Who is in a conversation, as what, and what one may change about it (protocol/README.md, Rooms).

import { el, fill, focused } from './dom.js';
import { iconButton } from './icons.js';
import { avatar, nameElement, presenceText, threadTitle } from './people.js';
import { askFirst, field } from './popup.js';
import { unpressed } from './pressed.js';
import { t, errorText } from './words.js';

/** What somebody with the role `mine` may make of somebody with the role `theirs`. */
function rolesToGive(mine, theirs) {
  const all = ['owner', 'moderator', 'guest', 'none', 'banned'];
  if (mine === 'owner') return theirs === 'banned' ? ['banned', 'guest', 'none'] : all;
  if (mine !== 'moderator') return [theirs];
  if (theirs === 'guest') return ['guest', 'none', 'banned'];
  return theirs === 'banned' ? ['banned', 'guest', 'none'] : [theirs];
}

export class MembersPanel {
  /** `view`: the conversation's. */
  constructor(view) {
    this.view = view;
    this.thread = view.thread;
    this.chat = view.chat;
    this.list = el('ul.people');
    this.rest = el('div.panel-rest');
    this.node = el(
      'section.panel',
      { 'aria-label': t('members'), hidden: true },
      el(
        'header.panel-head',
        null,
        el('h2', null, t('members')),
        iconButton('close', t('close'), { onclick: () => this.close() }),
      ),
      this.list,
      this.rest,
    );
    this.node.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
    });
  }

  toggle(title) {
    this.node.hidden = !this.node.hidden;
    title.setAttribute('aria-expanded', String(!this.node.hidden));
    if (this.node.hidden) return;
    this.load();
    this.node.querySelector('button').focus();
  }

  close() {
    this.node.hidden = true;
    this.view.title.setAttribute('aria-expanded', 'false');
    this.view.title.focus();
  }

  /** Ask for them, and again when something has changed. */
  async load() {
    if (this.node.hidden) return;
    try {
      const members = this.thread.room
        ? await this.chat.members(this.thread.id)
        : this.thread.members.map((person) => ({ person, role: null }));
      unpressed(() => this.show(members));
    } catch (error) {
      this.view.say(errorText(error));
    }
  }

  show(members) {
    const had = focused(this.node);
    const label = this.list.contains(had) || this.rest.contains(had) ? had.getAttribute('aria-label') : null;
    fill(
      this.list,
      members.map((member) => this.item(member)),
    );
    fill(this.rest, this.thread.room && [this.invitation(members), this.naming(), this.leaving()]);
    const same =
      label &&
      Array.from(this.node.querySelectorAll('[aria-label]')).find((one) => one.getAttribute('aria-label') === label);
    if (same) same.focus();
    else if (label) this.node.querySelector('button').focus();
  }

  item({ person, role }) {
    const seen = person === this.chat.me ? { ...person, ...this.chat.presence } : person;
    return el(
      'li.person',
      null,
      avatar(seen, this.view.app.base, true),
      el(
        'span.names',
        null,
        el(
          'span.name',
          null,
          person === this.chat.me ? t('you_named', { name: person.displayName }) : nameElement(person),
        ),
        el('span.subtitle', { dir: 'auto' }, seen.status || presenceText(seen)),
      ),
      role && this.roleControl(person, role),
    );
  }

  roleControl(person, role) {
    const roles = rolesToGive(this.thread.role, role);
    if (person === this.chat.me || roles.length < 2) return el('span.role', null, t(`role_${role}`));
    return el(
      'select.role',
      {
        'aria-label': t('role_of', { name: person.displayName }),
        onchange: (event) => this.change(person, event.target.value, event.target, role),
      },
      roles.map((one) =>
        el(
          'option',
          { value: one, selected: one === role },
          t(one === 'none' && role !== 'banned' ? 'role_remove' : `role_${one}`),
        ),
      ),
    );
  }

  /** Whom arrow keys have brought to the wrong line of a list is not sent away by that. */
  change(person, role, control, had) {
    if (role !== 'none' && role !== 'banned') {
      this.give(person, role, control, had);
      return;
    }
    let sure = false;
    const question = t(role === 'none' ? 'remove_question' : 'ban_question', { name: person.displayName });
    const dialog = askFirst(this.view.root, question, t(role === 'none' ? 'role_remove' : 'ban'), () => {
      sure = true;
      this.give(person, role, control, had);
    });
    dialog.addEventListener('close', () => {
      if (!sure) control.value = had;
    });
  }

  give(person, role, control, had) {
    this.chat
      .setRole(this.thread.id, person.id, role)
      .then(() => this.load())
      .catch((error) => {
        control.value = had;
        this.view.say(errorText(error));
      });
  }

  /** Friends who are not in it. */
  invitation(members) {
    const { thread, chat } = this;
    const known = new Set(members.map((member) => member.person));
    const others = Array.from(chat.people.values()).filter((person) => person.friend && !known.has(person));
    if (!others.length || !(thread.role === 'owner' || thread.role === 'moderator' || thread.open)) return null;
    const choice = el(
      'select',
      null,
      others.map((person) => el('option', { value: person.id }, person.displayName)),
    );
    return el(
      'form.invite',
      {
        onsubmit: (event) => {
          event.preventDefault();
          chat
            .setRole(thread.id, choice.value, 'guest')
            .then(() => this.load())
            .catch((error) => this.view.say(errorText(error)));
        },
      },
      field(t('invite_whom'), choice),
      el('button.plain', { 'aria-label': t('invite') }, t('invite')),
    );
  }

  naming() {
    if (this.thread.role !== 'owner' && this.thread.role !== 'moderator') return null;
    const name = el('input', { value: this.thread.subject || '', maxlength: '200', dir: 'auto' });
    return el(
      'form.invite',
      {
        onsubmit: (event) => {
          event.preventDefault();
          if (name.value.trim() !== (this.thread.subject || ''))
            this.chat.setSubject(this.thread.id, name.value.trim());
        },
      },
      field(t('room_name'), name),
      el('button.plain', { 'aria-label': t('rename') }, t('rename')),
    );
  }

  leaving() {
    if (this.thread.role === 'none') return null;
    const leave = () =>
      this.chat
        .leave(this.thread.id)
        .then(() => this.view.app.back())
        .catch((error) => this.view.say(errorText(error)));
    return el(
      'button.danger',
      {
        type: 'button',
        onclick: () =>
          askFirst(this.view.root, t('leave_question', { name: threadTitle(this.thread) }), t('leave'), leave),
      },
      t('leave'),
    );
  }
}
