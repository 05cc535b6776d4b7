// SPDX-License-Identifier: MIT
//
// How people and conversations are called and look: names, pictures, presence.

import { el } from './dom.js';
import { icon } from './icons.js';
import { ownAddress } from './links.js';
import { markupText } from './markup.js';
import { listOf, t } from './words.js';

const HUES = 10;

/** The same colour for the same name, everywhere. */
function hueOf(name) {
  let sum = 0;
  for (let i = 0; i < name.length; i += 1) sum = (sum * 37 + name.charCodeAt(i)) % 9973;
  return sum % HUES;
}

/** Names turn their own way, whatever stands beside them. */
export const nameElement = (person) => el('bdi', null, person.displayName);

/** The first character that a reader would call one. */
function initial(name) {
  return (Array.from(name.trim())[0] || '?').toLocaleUpperCase();
}

/** 'free', 'away', 'busy' or 'gone'. */
function presenceKind(person) {
  if (!person.available) return 'gone';
  if (person.show === 'dnd') return 'busy';
  return person.show === 'away' || person.show === 'xa' ? 'away' : 'free';
}

export const presenceText = (person) => t(`presence_${presenceKind(person)}`);

/** A picture, or a letter; for the eyes only: the name stands beside it. With a dot when `dot`. */
export function avatar(person, base, dot) {
  const address = person.image && ownAddress(String(person.image.url), base);
  const face = address ? el('img', { src: address, alt: '' }) : initial(person.displayName);
  return el(
    `span.avatar.hue${hueOf(person.id)}`,
    { 'aria-hidden': 'true' },
    face,
    dot && el(`span.dot.${presenceKind(person)}`),
  );
}

/** One person's picture, or that of a group. */
export function threadAvatar(thread, base) {
  if (!thread.room && thread.others.length === 1) return avatar(thread.others[0], base, true);
  return el(`span.avatar.hue${hueOf(thread.id)}`, { 'aria-hidden': 'true' }, icon(thread.room ? 'room' : 'people'));
}

export function threadTitle(thread) {
  if (thread.subject) return thread.subject;
  if (thread.others.length) return listOf(thread.others.map((person) => person.displayName));
  return thread.room ? t('room_nameless') : t('only_you');
}

/** Below the title: who one talks to, or how many. */
export function threadSubtitle(thread) {
  if (!thread.room && thread.others.length === 1) {
    const [person] = thread.others;
    return person.available && person.status ? `${presenceText(person)} · ${person.status}` : presenceText(person);
  }
  return t('member_count', { count: thread.memberCount });
}

/** Of a message, in a line. */
export function messageBrief(message) {
  if (message.retracted) return t('retracted');
  if (message.kind === 'subject')
    return message.subject ? t('subject_set_brief', { subject: message.subject }) : t('subject_gone_brief');
  if (message.text) return plainText(message, 2000).replace(/\s+/g, ' ').slice(0, 200);
  if (message.attachments.length) return attachmentName(message.attachments[0]);
  return message.subject || '…';
}

/** Without markup; of its first letters only, where a line is enough. */
export function plainText(message, letters = Infinity) {
  return message.type === 'html' ? markupText(message.text.slice(0, letters)) : message.text.slice(0, letters);
}

export function attachmentName(attachment) {
  const name = attachment && attachment.displayName;
  return typeof name === 'string' && name ? name.slice(0, 255) : t('file');
}
