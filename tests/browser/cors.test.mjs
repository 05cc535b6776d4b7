// SPDX-License-Identifier: MIT
// check: waits
//
// A page of another origin in a real browser: what it may when it is listed in allow_origin, and not before.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openPage, startBrowser, startSite } from './site.mjs';

let site;
let chromium;
let page;
let token;
let origin;

before(async () => {
  site = await startSite();
  chromium = await startBrowser();
  // Logged in at the site itself; then on a page elsewhere in the same browser.
  const bob = await openPage(chromium.browser, site, 'bob');
  token = await bob.evaluate((address) => fetch(address, { method: 'POST' })
    .then((response) => response.json()).then((answer) => answer.token), `${site.base}/token`);
  origin = site.origin.replace('127.0.0.1', 'localhost');
  page = await bob.context().newPage();
  await page.goto(`${origin}/index.html`);
});

after(async () => {
  await chromium?.stop();
  await site?.stop();
});

/** fetch in the page: status, a header and JSON of the answer, or the error's name. */
function ask(path, options) {
  return page.evaluate(async ([address, how]) => {
    try {
      const response = await fetch(address, how);
      return {
        status: response.status,
        challenge: response.headers.get('WWW-Authenticate'),
        answer: response.status === 204 ? null : await response.json(),
      };
    } catch (error) {
      return { error: error.name };
    }
  }, [`${site.base}/${path}`, options]);
}

const spoken = () => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
  body: JSON.stringify({ type: 'message', message: { to: ['alice'], text: 'from elsewhere' } }),
});

/** What an EventSource of the page hears first: 'open' or 'error'. */
function listen(path) {
  return page.evaluate((address) => new Promise((resolve) => {
    const source = new EventSource(address, { withCredentials: true });
    for (const kind of ['open', 'error']) source.addEventListener(kind, () => { source.close(); resolve(kind); });
  }), `${site.base}/${path}`);
}

test('an origin that is not listed can ask, read and hear nothing', async () => {
  assert.deepEqual(await ask('get-friends', { credentials: 'include' }), { error: 'TypeError' });
  assert.deepEqual(await ask('send-message', spoken()), { error: 'TypeError' });
  assert.equal(await listen(`stream/${token}`), 'error');
});

test('a listed one can: with a token in the header, by events with one in the path; and reads errors', async () => {
  await writeFile(`${site.spool}/config`, `allow_origin = ${origin}\n`, { mode: 0o644 });
  const said = await ask('send-message', spoken());
  assert.equal(said.answer?.success, true, JSON.stringify(said));
  assert.equal(await listen(`stream/${token}`), 'open');
  const refused = await ask('stream', { headers: { Authorization: 'Bearer x', 'Last-Event-ID': '0-0' } });
  assert.equal(refused.status, 401);
  assert.match(refused.challenge, /invalid_token/);
  await rm(`${site.spool}/config`);
});

test('the library of a page elsewhere that knows a login: it talks and hears, also when it comes back', async () => {
  await writeFile(`${site.spool}/config`, `allow_origin = ${origin}\n`, { mode: 0o644 });
  const there = await page.context().newPage();
  await there.goto(`${origin}/index.html?login=alice&base=${encodeURIComponent(site.base)}`);
  for (const url of ['/chat/chat.js', '/library.js']) await there.addScriptTag({ url });
  const id = await there.evaluate(async () => {
    await window.chat.start();
    return (await window.chat.createRoom({ subject: 'Elsewhere', users: ['bob'] })).id;
  });
  const file = await there.evaluate(async (thread) => {
    const message = window.chat.send(thread, { text: 'from there', files: [new File(['x'], 'x.txt')] });
    await new Promise((resolve) => {
      window.chat.addEventListener('change', () => { if (message.state === 'sent') resolve(); });
    });
    return window.chat.attachmentUrl(message.attachments[0]);
  }, id);
  assert.ok(file.startsWith(`${site.base}/attachment/`), file);
  await site.tell(`say bob ${id} heard`);
  const shows = (texts) => there.waitForFunction(
    ([one, wanted]) => JSON.stringify(window.shown(one)) === wanted, [id, JSON.stringify(texts)], { timeout: 20000 },
  );
  await shows(['from there', 'heard']);
  assert.equal(await there.evaluate(() => window.chat.connection.how), 'events');
  await site.tell('stop');
  await there.waitForFunction(() => window.chat.connection.state === 'offline', undefined, { timeout: 20000 });
  await site.tell(`say bob ${id} meanwhile`);
  await site.tell('start');
  await there.evaluate(() => window.chat.reconnect());
  await shows(['from there', 'heard', 'meanwhile']);
  await there.close();
  await rm(`${site.spool}/config`);
});
