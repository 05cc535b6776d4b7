// SPDX-License-Identifier: MIT
//
// What a message says: text by its type, files, and the message it answers.

import { append, el, fill } from './dom.js';
import { icon } from './icons.js';
import { linked } from './links.js';
import { showMarkup } from './markup.js';
import { attachmentName, messageBrief, nameElement } from './people.js';
import { sizeText } from './times.js';
import { t } from './words.js';

// What browsers show and the server lets be shown inline; never SVG.
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Only emoji, and few: they may be large. */
const FEW_EMOJI =
  /^(?:\p{Extended_Pictographic}[\u{1f3fb}-\u{1f3ff}\ufe0f]*(?:\u200d\p{Extended_Pictographic}[\ufe0f]*)*\s*){1,3}$/u;

// Longer texts are shown to this length first.
const TEXT_FIRST = 4000;

/** The text of a message; direction of writing as its letters say. */
export function textElement(message, context) {
  const node = el('div.text', { dir: 'auto', lang: message.language });
  fillText(node, message.text, context);
  if (message.type === 'html') showMarkup(node, message.text, context.purify, context.resized);
  else if (message.type === 'rst') node.classList.add('rst');
  else if (FEW_EMOJI.test(message.text)) node.classList.add('jumbo');
  return node;
}

function fillText(node, text, context) {
  if (text.length <= TEXT_FIRST * 1.2) {
    append(node, linked(text));
    return;
  }
  const whole = () => {
    fill(node, linked(text));
    context.resized();
  };
  append(node, [
    linked(text.slice(0, TEXT_FIRST)),
    '… ',
    el('button.link', { type: 'button', onclick: whole }, t('show_all')),
  ]);
}

/**
 * Pictures of ours as pictures, other files of ours as links; what lies elsewhere is only named, and so is what is
 * not there yet (`coming`).
 */
export function attachmentElement(attachment, context, coming) {
  const address = context.chat.attachmentUrl(attachment);
  const name = attachmentName(attachment);
  if (address && PICTURES.includes(attachment.mimeType)) {
    return el(
      'a.picture',
      { href: address, target: '_blank', rel: 'noopener' },
      el('img', { src: address, alt: name, loading: 'lazy', decoding: 'async' }),
    );
  }
  const size = Number.isFinite(attachment.fileSize) && attachment.fileSize >= 0 && sizeText(attachment.fileSize);
  const inside = [
    icon('file'),
    el('span.file-name', { dir: 'auto' }, name),
    el('span.file-size', null, address || coming ? size : t('file_elsewhere')),
  ];
  return address ? el('a.file', { href: address, download: name }, inside) : el('span.file', null, inside);
}

/** The number of the message that this one answers, or null. Anybody may have written anything there. */
export function answered(message) {
  const about = message.raw && message.raw.inReplyTo;
  return about && Number.isSafeInteger(about.seq) ? about.seq : null;
}

/** What stands in a message that answers another one. */
export function answerTo(message) {
  return { inReplyTo: { seq: message.seq, id: message.id, sender: message.sender.id } };
}

/** The message that is answered: null when none is, undefined when it is not here. */
export function answeredMessage(message) {
  const seq = answered(message);
  return seq === null ? null : message.thread.messages.find((one) => one.seq === seq);
}

/** The message that is answered, in a line, as it is now; a click leads there. */
export function quoteElement(message, context) {
  const other = answeredMessage(message);
  if (other === null) return null;
  const inside = other
    ? [el('strong', null, nameElement(other.sender)), ' ', el('span', { dir: 'auto' }, messageBrief(other))]
    : t('earlier_message');
  return el('button.quote', { type: 'button', title: t('go_there'), onclick: () => context.goTo(answered(message)) }, inside);
}

/** How far its files are. */
export function progressElement(message) {
  if (message.progress === null) return null;
  return el('progress', { max: '1', value: message.progress, 'aria-label': t('uploading') });
}

export function showProgress(row, message) {
  const bar = message.progress !== null && row.querySelector('progress');
  if (bar) bar.value = message.progress;
}
