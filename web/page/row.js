// SPDX-License-Identifier: MIT
//
// A message in the list: who, what, when, how it fares. And the lines between messages.

import { el } from './dom.js';
import { answered, attachmentElement, progressElement, quoteElement, textElement } from './body.js';
import { icon } from './icons.js';
import { avatar, nameElement } from './people.js';
import { clockTime, dayName, timeElement } from './times.js';
import { listOf, t, errorText } from './words.js';

/** The whole of a row. `grouped`: it follows one of the same person closely. */
export function messageRow(message, grouped, context) {
  if (message.kind === 'subject') return subjectRow(message);
  const row = el(
    'div.row',
    { role: 'article', tabindex: '-1' },
    el('div.face', null, !grouped && !message.mine && avatar(message.sender, context.base)),
    el(
      'div.stack',
      null,
      el(grouped || message.mine ? 'div.vh' : 'div.who', null, message.mine ? t('you') : nameElement(message.sender)),
      bubble(message, context),
      reactionList(message, context),
      message.state === 'failed' && failure(message, context),
      context.late(message) && el('div.late', null, discardButton(message, context)),
    ),
  );
  if (message.mine) row.classList.add('mine');
  if (grouped) row.classList.add('grouped');
  row.classList.add(message.state);
  if (message.changing) row.classList.add('changing');
  return row;
}

function bubble(message, context) {
  const meta = el(
    'span.meta',
    null,
    message.edited && !message.retracted && el('span', null, `${t('edited')} `),
    timeElement(message.time, clockTime(message.time)),
    message.mine && stateElement(message, context),
  );
  if (message.retracted) return el('div.bubble.gone', null, t('retracted'), meta);
  // A line of text has its time beside it; what has more in it stands one below the other.
  const rich = answered(message) !== null || message.subject || message.attachments.length || message.progress !== null;
  return el(
    rich ? 'div.bubble.rich' : 'div.bubble',
    null,
    quoteElement(message, context),
    message.subject && el('div.subject', { dir: 'auto' }, message.subject),
    message.text && textElement(message, context),
    message.attachments.map((one) => attachmentElement(one, context, message.seq === null)),
    progressElement(message),
    meta,
  );
}

/** Of one's own: on its way, kept by the server, read. A drawing and, for who does not see it, a word. */
function stateElement(message, context) {
  const state = messageState(message, context);
  const words = state === 'read' ? readBy(message) : t(`state_${state}`);
  const drawn = { waiting: 'clock', sending: 'clock', sent: 'check', read: 'checks', failed: 'warn' }[state];
  return el(`span.state.${state}`, { title: words }, icon(drawn), el('span.vh', null, words));
}

function messageState(message, context) {
  if (message.state === 'sending') return context.chat.connection.state === 'online' ? 'sending' : 'waiting';
  if (message.state === 'failed') return 'failed';
  return readers(message).length ? 'read' : 'sent';
}

function readers(message) {
  const { reads, others } = message.thread;
  return others.filter((person) => (reads.get(person.id) || 0) >= message.seq);
}

function readBy(message) {
  return t('state_read', { names: listOf(readers(message).map((person) => person.displayName)) });
}

function reactionList(message, context) {
  if (!message.reactions.length) return null;
  return el(
    'div.reactions',
    { role: 'group', 'aria-label': t('reactions') },
    message.reactions.map((one) => {
      const names = listOf(one.people.map((person) => person.displayName));
      return el(
        'button.reaction',
        {
          type: 'button',
          title: names,
          'aria-pressed': String(one.mine),
          onclick: () => context.react(message, one.mine ? '' : one.text),
        },
        el('bdi', null, one.text),
        ' ',
        el('span', null, String(one.people.length)),
        el('span.vh', null, `, ${names}`),
      );
    }),
  );
}

/** It says why, and what one can do. */
function failure(message, context) {
  return el(
    'div.failure',
    null,
    icon('warn'),
    el('span', null, t('state_failed'), message.error ? ` (${errorText(message.error)})` : ''),
    el('button.link', { type: 'button', onclick: () => context.chat.retry(message) }, t('retry')),
    discardButton(message, context),
  );
}

const discardButton = (message, context) =>
  el('button.link', { type: 'button', onclick: () => context.chat.discard(message) }, t('discard'));

function subjectRow(message) {
  const name = message.mine ? t('you') : message.sender.displayName;
  const words = message.subject ? t('subject_set', { name, subject: message.subject }) : t('subject_gone', { name });
  return el('div.row.event', { role: 'article', tabindex: '-1' }, el('span', { dir: 'auto' }, words));
}

export function dayRow(ms) {
  return el('div.day', null, el('span', null, dayName(ms)));
}

export function unreadRow() {
  return el('div.unread-line', null, el('span', null, t('unread_line')));
}
