// SPDX-License-Identifier: MIT
// check: waits
//
// Two people chat from real browsers through a real Apache with HTTP authentication: EventSource and fetch, nothing of ours.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { openPage, running, site, useSite } from './site.mjs';

const TIMEOUT = { timeout: 10000, polling: 40 };

let alice;
let bob;

useSite({}, async () => {
  alice = await openPage(running.browser, site, 'alice');
  bob = await openPage(running.browser, site, 'bob');
});

/** In the page: open a stream and keep what comes in `window.heard`, until `opened`. */
async function listen(page, path) {
  await page.evaluate((address) => new Promise((resolve, reject) => {
    window.heard = [];
    window.opened = 0;
    window.source = new EventSource(address);
    window.source.onmessage = (event) => window.heard.push({ id: event.lastEventId, ...JSON.parse(event.data) });
    window.source.onopen = () => { window.opened += 1; resolve(); };
    setTimeout(() => reject(new Error('no stream')), 10000);
  }), `/nereid-chat/${path}`);
}

function texts(page) {
  return page.evaluate(() => window.heard.filter((s) => s.type === 'message').map((s) => s.message.text));
}

/** Until the page has heard `text`. */
async function hears(page, text) {
  await page.waitForFunction(
    (wanted) => window.heard.some((s) => s.type === 'message' && s.message.text === wanted),
    text, TIMEOUT,
  );
}

/** POST a form from the page; the answer's JSON. */
function post(page, path, fields) {
  return page.evaluate(async ([address, form]) => {
    const response = await fetch(address, { method: 'POST', body: new URLSearchParams(form) });
    return { status: response.status, ...(await response.json()) };
  }, [`/nereid-chat/${path}`, fields]);
}

test('two people talk; each hears both, in order, as it happens', async () => {
  await listen(alice, 'stream');
  await listen(bob, 'stream');
  const { thread_id: thread, members } = await post(alice, 'start-session', { user: 'bob' });
  assert.deepEqual(members.map((m) => m.displayName).sort(), ['Alice', 'Bob']);
  const said = [];
  for (const [page, text] of [[alice, 'Hello Bob'], [bob, 'Hello Alice'], [alice, 'ünïcödé 🙂 <b>&amp;']]) {
    const answer = await post(page, 'send-message', { thread_id: thread, message: text });
    assert.equal(answer.status, 200);
    said.push(text);
    await Promise.all([hears(alice, text), hears(bob, text)]);
  }
  assert.deepEqual(await texts(alice), said);
  assert.deepEqual(await texts(bob), said);
  const first = await bob.evaluate(() => window.heard.find((s) => s.type === 'message'));
  assert.equal(first.message.sender.displayName, 'Alice');
  assert.equal(first.message.thread, thread);
  // As today's clients read the time.
  assert.ok(!Number.isNaN(Date.parse(`${first.timestamp.split('.')[0]}+00:00`)));
});

test('a friend who comes is seen coming', async () => {
  await alice.waitForFunction(
    () => window.heard.some((s) => s.type === 'presence' && s.presence.entity.id === 'bob' && s.presence.available),
    undefined, TIMEOUT,
  );
});

test('a stream that ends is resumed by the browser: nothing lost, nothing twice', async () => {
  const { thread_id: thread } = await post(alice, 'start-session', { user: 'carol' });
  const carol = await openPage(running.browser, site, 'carol');
  await listen(carol, 'stream?wait=1'); // ends each second; the browser comes back after 3
  const said = [];
  for (let i = 0; i < 3; i += 1) {
    const opened = await carol.evaluate(() => window.opened);
    said.push(`while open ${i}`, `while away ${i}`);
    await post(alice, 'send-message', { thread_id: thread, message: `while open ${i}` });
    await carol.waitForFunction(() => window.source.readyState === EventSource.CONNECTING, undefined, TIMEOUT);
    await post(alice, 'send-message', { thread_id: thread, message: `while away ${i}` });
    await carol.waitForFunction((n) => window.opened > n, opened, TIMEOUT);
    await hears(carol, `while away ${i}`);
  }
  assert.deepEqual(await texts(carol), said);
});

test('with a token a page needs no login', async () => {
  const { token } = await post(bob, 'token', {});
  const { thread_id: thread } = await post(bob, 'start-session', { user: 'alice' });
  const guest = await openPage(running.browser, site);
  await listen(guest, `stream/${token}`);
  const answer = await post(guest, `send-message/${token}`, { thread_id: thread, message: 'from a guest page' });
  assert.equal(answer.status, 200);
  await Promise.all([hears(guest, 'from a guest page'), hears(alice, 'from a guest page')]);
  const refused = await guest.evaluate(() => fetch('/nereid-chat/stream/00000000-0000-4000-8000-000000000000')
    .then((response) => response.status));
  assert.equal(refused, 404);
});

test('what another site sends in the name of its visitor is refused', async () => {
  const tokens = async () => (await readdir(`${site.spool}/tokens`)).length;
  const send = (address) => fetch(address, {
    method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({}),
  }).then((response) => response.type);
  const had = await tokens();
  await bob.evaluate(send, `${site.base}/token`);
  assert.equal(await tokens(), had + 1); // this site's own page may
  // The same browser, logged in, on a page of another origin.
  const foreign = await bob.context().newPage();
  await foreign.goto(`${site.origin.replace('127.0.0.1', 'localhost')}/index.html`);
  assert.equal(await foreign.evaluate(send, `${site.base}/token`), 'opaque'); // it was sent and answered
  assert.equal(await tokens(), had + 1);
});
