// SPDX-License-Identifier: MIT
//
// The page. <html data-base="…"> says where the endpoints are, when it is not where the library looks by itself.

import { SpoolChat } from '../chat/index.js';
import { App } from './app.js';

const DEFAULT_BASE = '/nereid-chat/';

function startPage() {
  const base = document.documentElement.dataset.base || DEFAULT_BASE;
  const chat = new SpoolChat({ base });
  const app = new App(chat, { base, page: true, purify: new URL('purify.min.js', document.baseURI).href });
  document.body.append(app.root);
  app.start().catch(() => {}); // stop() was called: nobody does
}

startPage();
