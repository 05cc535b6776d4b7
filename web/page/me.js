// SPDX-License-Identifier: MIT
//
// What one says of oneself, and how one wants the page.

import { el } from './dom.js';
import { askToNotify, playSound } from './notify.js';
import { checkbox, field, openDialog } from './popup.js';
import { changeSetting, settings } from './settings.js';
import { LANGUAGES } from './strings.js';
import { languageCode, t, errorText } from './words.js';

const CHOICES = [
  ['free', true, null],
  ['away', true, 'away'],
  ['busy', true, 'dnd'],
  ['invisible', false, null],
];

export function openMyPresence(app) {
  const { presence } = app.chat;
  const now =
    CHOICES.find(([, available, show]) => available === presence.available && (!available || show === presence.show)) ||
    CHOICES[0];
  const choice = el(
    'select',
    null,
    CHOICES.map(([key]) =>
      el('option', { value: key, selected: key === now[0] }, t(key === 'invisible' ? 'invisible' : `presence_${key}`)),
    ),
  );
  const status = el('input', { value: presence.status || '', maxlength: '200', dir: 'auto', autocomplete: 'off' });
  const note = el('p.note', { role: 'alert' });
  const form = el(
    'form.room-form',
    null,
    field(t('my_presence'), choice),
    field(t('my_status'), status),
    note,
    el('button.primary', null, t('save')),
  );
  const dialog = openDialog(app.root, t('my_presence'), form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const [, available, show] = CHOICES.find(([key]) => key === choice.value);
    try {
      await app.chat.setPresence({ available, show, status: status.value.trim() || null });
      dialog.close();
      app.sidebar.showMe();
    } catch (error) {
      note.textContent = errorText(error);
    }
  });
}

export function openSettings(app) {
  const language = el(
    'select',
    { onchange: () => app.speak(language.value) },
    LANGUAGES.map(([code, name]) => el('option', { value: code, lang: code, selected: code === languageCode() }, name)),
  );
  const theme = el(
    'select',
    {
      onchange: () => {
        changeSetting('theme', theme.value);
        app.paint();
      },
    },
    ['', 'light', 'dark'].map((one) =>
      el('option', { value: one, selected: one === settings.theme }, t(`theme_${one || 'system'}`)),
    ),
  );
  openDialog(
    app.root,
    t('settings'),
    el(
      'div.room-form',
      null,
      field(t('language'), language),
      field(t('theme'), theme),
      checkbox(t('sound'), settings.sound, (on) => {
        changeSetting('sound', on);
        if (on) playSound();
      }),
      checkbox(t('notify'), settings.notify, (on, box) => askToNotify(on, box), t('notify_note')),
    ),
  );
}
