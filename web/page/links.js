// SPDX-License-Identifier: MIT
//
// Plain text with its links clickable: only http, https and mailto, and the text is what the link says.

import { el } from './dom.js';

// Every part has a longest length, so that no text takes long.
const LINK = new RegExp(
  '\\b(?:https?://|www\\.)[^\\s<>"\'\\u0060\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]{1,2000}' +
    '|\\b[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,8}',
  'gi',
);
const OPENING = { ')': '(', ']': '[', '}': '{' };

/** What closes a sentence, or a bracket that was opened before the link, is not part of it. */
function trimLink(text) {
  const surplus = {};
  for (const [close, open] of Object.entries(OPENING)) surplus[close] = count(text, close) - count(text, open);
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1];
    if (surplus[last] > 0) surplus[last] -= 1;
    else if (last in surplus || !/[.,:;!?*_~|]/.test(last)) break;
  }
  return text.slice(0, end);
}

const count = (text, one) => text.split(one).length - 1;

function addressOf(link) {
  if (/^https?:/i.test(link)) return link;
  return /^www\./i.test(link) ? `https://${link}` : `mailto:${link}`;
}

/** A link that tells the other side nothing of this page. */
function outerLink(address, ...children) {
  return el('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...children);
}

/** The nodes of a text. */
export function linked(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const link = trimLink(match[0]);
    if (!validAddress(addressOf(link))) continue;
    if (match.index > from) nodes.push(text.slice(from, match.index));
    nodes.push(outerLink(addressOf(link), link));
    from = match.index + link.length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function validAddress(address) {
  try {
    return /^(https?|mailto):$/.test(new URL(address).protocol);
  } catch {
    return false;
  }
}

/** An address of this very site, or null: nothing is fetched from other hosts. */
export function ownAddress(address, base) {
  try {
    const url = new URL(address, base || document.baseURI);
    return url.origin === window.location.origin && /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
