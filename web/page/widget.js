// SPDX-License-Identifier: MIT
//
// The chat inside of another page of the site:
//
//   <script src="/chat/widget.js" data-thread="…"></script>      where the script stands
//   <spool-chat thread="…"></spool-chat>                          or anywhere, once the script is loaded
//
// `thread` names a conversation (an open room is joined), `people` (users, a comma between) whom to talk with; with
// neither it is the whole of the page. `base` says where the endpoints are, `language` what is spoken where the
// reader has chosen nothing. It lies in a shadow root: the styles of neither side reach the other, but for
// --sc-accent and the font.

import { SpoolChat } from '../chat/index.js';
import { App } from './app.js';
import { el } from './dom.js';

const WIDGET_ATTRIBUTES = ['thread', 'people', 'base', 'language'];
const widgetScript = document.currentScript;
const beside = (name) => new URL(name, widgetScript ? widgetScript.src : document.baseURI).href;

class SpoolChatElement extends HTMLElement {
  connectedCallback() {
    if (!this.app) this.make();
    this.app.start().catch(() => {}); // it was taken out of the page
  }

  make() {
    const base = this.getAttribute('base') || '/nereid-chat/';
    const people = this.getAttribute('people');
    this.chat = new SpoolChat({ base });
    this.app = new App(this.chat, {
      base,
      purify: beside('purify.min.js'),
      thread: this.getAttribute('thread'),
      people:
        people &&
        people
          .split(',')
          .map((one) => one.trim())
          .filter(Boolean),
      language: this.getAttribute('language'),
    });
    this.attachShadow({ mode: 'open' }).append(
      el('link', { rel: 'stylesheet', href: beside('page.css') }),
      this.app.root,
    );
  }

  disconnectedCallback() {
    this.chat.stop();
  }
}

/** The script's own attributes say what its widget is. */
function placeWidget() {
  const asked = WIDGET_ATTRIBUTES.filter((name) => widgetScript && widgetScript.dataset[name] !== undefined);
  if (!asked.length) return;
  const node = document.createElement('spool-chat');
  for (const name of asked) node.setAttribute(name, widgetScript.dataset[name]);
  widgetScript.after(node);
}

if (!customElements.get('spool-chat')) customElements.define('spool-chat', SpoolChatElement);
placeWidget();
