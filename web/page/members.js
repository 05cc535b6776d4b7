// SPDX-License-Identifier: MIT
//
// Who is in a conversation, as what, and what one may change about it (protocol/README.md, Rooms).

import { el, fill, focused, keyed } from './dom.js';
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

const leads = (thread) => thread.role === 'owner' || thread.role === 'moderator';

/** The stream says that somebody comes, goes or has another role a moment before the list of members does. */
function withChanges(members, said, mayLook) {
  const roles = new Map(members.concat(said).map(({ person, role }) => [person, role]));
  return Array.from(roles, ([person, role]) => ({ person, role })).filter(
    ({ role }) => role !== 'none' && (role !== 'banned' || mayLook),
  );
}

export class MembersPanel {
  /** `view`: the conversation's. */
  constructor(view) {
    this.view = view;
    this.thread = view.thread;
    this.chat = view.chat;
    this.list = el('ul.people');
    this.rest = el('div.panel-rest');
    this.friends = el('select');
    this.name = el('input', { maxlength: '200', dir: 'auto' });
    this.named = '';
    this.said = [];
    this.forms = {
      invitation: this.form(t('invite_whom'), this.friends, t('invite'), () => this.invite()),
      naming: this.form(t('room_name'), this.name, t('rename'), () => this.rename()),
      leaving: el('button.danger', { type: 'button', onclick: () => this.askToLeave() }, t('leave')),
    };
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
    this.name.value = this.named; // what was begun the last time is not meant any more
    this.load();
    this.node.querySelector('button').focus();
  }

  close() {
    this.node.hidden = true;
    this.view.title.setAttribute('aria-expanded', 'false');
    this.view.title.focus();
  }

  /** Ask for them, and again when something has changed: `said`. What another answer has overtaken is of before. */
  async load(said) {
    if (this.node.hidden) return;
    const load = {};
    this.newest = load;
    if (said) this.said.push(said);
    try {
      const members = await this.ask();
      if (load !== this.newest) return;
      const now = withChanges(members, this.said.splice(0), leads(this.thread));
      unpressed(() => this.show(now));
    } catch (error) {
      if (load === this.newest) this.view.say(errorText(error));
    }
  }

  async ask() {
    const { room, id, members } = this.thread;
    return room ? this.chat.members(id) : members.map((person) => ({ person, role: null }));
  }

  show(members) {
    const had = focused(this.node);
    const inside = this.node.contains(had);
    fill(
      this.list,
      members.map((member) => this.item(member)),
    );
    this.showFriends(members);
    this.showName();
    keyed(this.rest, this.allowed());
    if (!inside || this.node.contains(focused(this.node))) return;
    const label = had.getAttribute('aria-label');
    const same = Array.from(this.list.querySelectorAll('select')).find((one) => one.getAttribute('aria-label') === label);
    (same || this.node.querySelector('button')).focus();
  }

  /** Which of the forms one may use. They are made once: who types is not disturbed. */
  allowed() {
    const { thread, friends } = this;
    const { invitation, naming, leaving } = this.forms;
    if (!thread.room) return [];
    const leader = leads(thread);
    const invites = friends.length > 0 && (leader || thread.open);
    return [invites && invitation, leader && naming, thread.role !== 'none' && leaving].filter(Boolean);
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

  /** One field, and what it is for. */
  form(label, control, name, act) {
    const onsubmit = (event) => {
      event.preventDefault();
      act();
    };
    return el('form.invite', { onsubmit }, field(label, control), el('button.plain', null, name));
  }

  /** Friends who are not in it. */
  showFriends(members) {
    const known = new Set(members.map((member) => member.person));
    const others = Array.from(this.chat.people.values()).filter((person) => person.friend && !known.has(person));
    const chosen = this.friends.value;
    fill(
      this.friends,
      others.map((person) => el('option', { value: person.id, selected: person.id === chosen }, person.displayName)),
    );
  }

  invite() {
    this.chat
      .setRole(this.thread.id, this.friends.value, 'guest')
      .then(() => this.load())
      .catch((error) => this.view.say(errorText(error)));
  }

  /** What it is called, unless somebody is typing another name. */
  showName() {
    const subject = this.thread.subject || '';
    if (this.name.value === this.named) this.name.value = subject;
    this.named = subject;
  }

  rename() {
    this.name.value = this.name.value.trim();
    if (this.name.value !== (this.thread.subject || '')) this.chat.setSubject(this.thread.id, this.name.value);
  }

  askToLeave() {
    const leave = () => this.chat.leave(this.thread.id).catch((error) => this.view.say(errorText(error)));
    askFirst(this.view.root, t('leave_question', { name: threadTitle(this.thread) }), t('leave'), leave);
  }
}
