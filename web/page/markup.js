// SPDX-License-Identifier: MIT
//
// Messages of the type html, and the only place where text becomes markup: by DOMPurify, with a list of what may
// stay. It is fetched when the first such message is shown; where it is not there the message is text.

import { el } from './dom.js';

// No images, no classes, no ids, no styles: nothing that loads, looks like the page or is found in its place.
const MARKUP_RULES = {
  ALLOWED_TAGS: [
    'a',
    'abbr',
    'b',
    'blockquote',
    'br',
    'code',
    'dd',
    'del',
    'div',
    'dl',
    'dt',
    'em',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'hr',
    'i',
    'ins',
    'kbd',
    'li',
    'mark',
    'ol',
    'p',
    'pre',
    'q',
    's',
    'samp',
    'small',
    'span',
    'strong',
    'sub',
    'sup',
    'table',
    'tbody',
    'td',
    'tfoot',
    'th',
    'thead',
    'tr',
    'u',
    'ul',
    'var',
    'caption',
    '#text',
  ],
  ALLOWED_ATTR: ['href', 'title', 'lang', 'dir', 'colspan', 'rowspan', 'start'],
  ADD_URI_SAFE_ATTR: ['lang', 'dir', 'colspan', 'rowspan', 'start'], // values that are no addresses
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_ARIA_ATTR: false,
  ALLOW_DATA_ATTR: false,
  FORBID_CONTENTS: ['x-style', 'script', 'template', 'noscript', 'iframe', 'object', 'svg', 'math', 'select', 'title'],
  RETURN_DOM_FRAGMENT: true,
};

/**
 * The same markup without handlers, styles and base addresses. Nothing of them could run, but some browsers report what
 * they parse as a violation of the page's policy, wherever they parse it, and somebody may be listening to these reports.
 * A letter becomes a reference, which is that letter again in text and in values, and no name of an attribute any more.
 */
function tame(html) {
  return html
    .replace(/(<\/?)(style|base)\b/gi, '$1x-$2')
    .replace(/([\s/"'])(?:(o)(?=n)|(s)(?=tyle))/gi, (all, before, o, s) => `${before}&#${(o || s).charCodeAt(0)};`);
}

/** The text of markup, for where there is one line: a parsed document that nobody shows, and that loads and runs nothing. */
export function markupText(html) {
  return new DOMParser().parseFromString(`<body>${tame(html)}`, 'text/html').body.textContent;
}

// A tenth of what a message may hold at most would do; more nesting than this is no text.
const MARKUP_MAX = 60000;
const LOAD_AGAIN_MS = 30000;
const loads = new Map();

/** Our DOMPurify, or null. The page around a widget may have another one, and keeps it. */
function purifier(address) {
  if (!loads.has(address)) loads.set(address, loadPurifier(address));
  return loads.get(address);
}

function loadPurifier(address) {
  return new Promise((resolve) => {
    const theirs = window.DOMPurify;
    const onload = () => {
      const ours = window.DOMPurify;
      window.DOMPurify = theirs;
      resolve(ours && ours.isSupported ? ours : null);
    };
    const onerror = () => {
      setTimeout(() => loads.delete(address), LOAD_AGAIN_MS);
      resolve(null);
    };
    document.head.append(el('script', { src: address, onload, onerror }));
  });
}

/** Fill `node` with `html`, cleaned; calls `shown` when that changed it. Until then, and otherwise, it has text. */
export function showMarkup(node, html, address, shown) {
  if (html.length > MARKUP_MAX) return;
  purifier(address).then((purify) => {
    if (!purify) return;
    const clean = purify.sanitize(tame(html), MARKUP_RULES);
    for (const link of clean.querySelectorAll('a[href]')) {
      link.setAttribute('target', '_blank');
      link.setAttribute('rel', 'noopener noreferrer nofollow');
    }
    // Headings of a message are none of the page's.
    for (const heading of clean.querySelectorAll('h1, h2, h3, h4, h5, h6'))
      heading.setAttribute('role', 'presentation');
    node.textContent = '';
    node.append(clean);
    node.classList.add('markup');
    shown();
  });
}
