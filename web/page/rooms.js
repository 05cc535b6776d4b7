// SPDX-License-Identifier: MIT
//
// Finding a room, and making one.

import { append, el, fill } from './dom.js';
import { avatar, nameElement } from './people.js';
import { checkbox, field, openDialog } from './popup.js';
import { t, errorText } from './words.js';

/** The open rooms, a page at a time. `app`: root, chat, open(), say(). */
export function findRooms(app) {
  const list = el('ul.rooms');
  const note = el('p.note', { role: 'status' }, t('loading'));
  const more = el('button.plain', { type: 'button', hidden: true }, t('more'));
  const search = el('input', { type: 'search', autocomplete: 'off' });
  const dialog = openDialog(app.root, t('find_room'), [field(t('search'), search), list, note, more]);
  let after = null;
  let busy = false;
  const filter = () => {
    const words = search.value.trim().toLocaleLowerCase();
    for (const item of list.children) item.hidden = !item.textContent.toLocaleLowerCase().includes(words);
    if (words && after) load(); // who searches searches all of them
  };
  const load = async () => {
    if (busy) return;
    busy = true;
    try {
      const { rooms, next } = await app.chat.findRooms({ after });
      busy = false;
      append(
        list,
        rooms.map((room) => roomItem(room, app, dialog)),
      );
      note.textContent = list.children.length ? '' : t('no_rooms');
      more.hidden = !next;
      after = next;
      filter();
    } catch (error) {
      busy = false;
      note.textContent = errorText(error);
    }
  };
  search.addEventListener('input', filter);
  more.addEventListener('click', load);
  load();
}

function roomItem(room, app, dialog) {
  const name = room.subject || t('room_nameless');
  const go = async () => {
    try {
      const thread =
        room.joined && app.chat.threads.get(room.id) ? app.chat.threads.get(room.id) : await app.chat.join(room.id);
      dialog.close();
      app.open(thread);
    } catch (error) {
      app.say(errorText(error));
    }
  };
  const word = t(room.joined ? 'open' : 'join');
  return el(
    'li',
    null,
    el(
      'span.names',
      null,
      el('span.name', { dir: 'auto' }, name),
      el('span.subtitle', null, t('member_count', { count: room.memberCount })),
    ),
    el('button.plain', { type: 'button', onclick: go, 'aria-label': `${word}: ${name}` }, word),
  );
}

/** A room of one's own. */
export function makeRoom(app) {
  const wish = { open: false, history: null };
  const name = el('input', { required: true, maxlength: '200', dir: 'auto', autocomplete: 'off' });
  const note = el('p.note', { role: 'alert' });
  const people = Array.from(app.chat.people.values()).filter((person) => person.friend);
  const invited = new Set();
  const form = el(
    'form.room-form',
    null,
    field(t('room_name'), name),
    checkbox(
      t('room_open'),
      false,
      (on) => {
        wish.open = on;
      },
      t('room_open_note'),
    ),
    checkbox(
      t('room_history'),
      false,
      (on) => {
        wish.history = on ? 'open' : null;
      },
      t('room_history_note'),
    ),
    people.length > 0 && inviteList(people, invited, app),
    note,
    el('button.primary', null, t('make_room')),
  );
  const dialog = openDialog(app.root, t('new_room'), form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    fill(note);
    try {
      const thread = await app.chat.createRoom({ subject: name.value.trim(), ...wish, users: Array.from(invited) });
      dialog.close();
      app.open(thread);
    } catch (error) {
      fill(note, errorText(error));
    }
  });
}

function inviteList(people, invited, app) {
  return el(
    'fieldset.invite-list',
    null,
    el('legend', null, t('invite_whom')),
    people.map((person) =>
      el(
        'label.check',
        null,
        el('input', {
          type: 'checkbox',
          onchange: (event) => (event.target.checked ? invited.add(person.id) : invited.delete(person.id)),
        }),
        avatar(person, app.base, true),
        nameElement(person),
      ),
    ),
  );
}
