// SPDX-License-Identifier: MIT
// check: waits
// browser: webkit
//
// The page and the library in WebKit (webkit.mjs), which the other tests' driver cannot drive: what is most likely to
// differ there. Two people talk; hostile messages; a server that stops and starts; tabs that share a stream.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { harm, NO_HARM, TEXTS, touch } from './hostile.mjs';
import { NEWS, watchPolicy } from './page.mjs';
import { startSite } from './site.mjs';
import { ENTER, startWebKit } from './webkit.mjs';

let site;
let webkit;
let alice;
let bob;

/** A browser of somebody who has logged in, as for any page of the site. */
async function login(user) {
  const page = await webkit.open();
  await page.goto(`${site.origin.replace('//', `//${user}:${user}@`)}/nereid-chat/threads`);
  return page;
}

async function openChat(page) {
  await page.goto(`${site.origin}/chat/`);
  await page.evaluate(watchPolicy);
  await page.find('.side .people li');
}

async function openLibrary(page) {
  await page.goto(`${site.origin}/library.html`);
  await page.evaluate(() => window.chat.start());
  await isOnline(page);
}

const isOnline = (page) => page.until(() => window.chat.connection.state === 'online');

/** Until a thread shows exactly this. */
const shows = (page, id, texts) => page.until(
  (one, wanted) => JSON.stringify(window.shown(one)) === wanted, id, JSON.stringify(texts),
);

const say = (page, text) => page.type('.composer textarea', text + ENTER);

before(async () => {
  Object.assign(process.env, {
    SPOOLCHAT_MESSAGES_PER_MINUTE: '0', SPOOLCHAT_USER_STREAMS: '0', SPOOLCHAT_MAX_STREAMS: '0',
  });
  site = await startSite();
  webkit = await startWebKit();
  alice = await login('alice');
  bob = await login('bob');
});

after(async () => {
  await webkit?.stop();
  await site?.stop();
});

test('two people talk on the page; both see all of it in order, and how it fares', async () => {
  await openChat(alice);
  await openChat(bob);
  await alice.click('.side .people button', 'Bob');
  await alice.find('.thread-title h2', 'Bob');
  await say(alice, 'Hello Bob');
  await alice.find('.row .state.sent');
  await bob.click('.side .threads button', 'Alice');
  await bob.find('.row .text', 'Hello Bob');
  await alice.find('.row .state.read');
  await bob.type('.composer textarea', 'Hel');
  await alice.find('.typing', 'Bob');
  await bob.type('.composer textarea', `lo ünïcödé <b>&amp;${ENTER}`);
  await alice.find('.row .text', 'Hello ünïcödé <b>&amp;');
  for (const page of [alice, bob]) {
    assert.deepEqual(
      await page.evaluate(() => Array.from(document.querySelectorAll('.log .text'), (one) => one.innerText)),
      ['Hello Bob', 'Hello ünïcödé <b>&amp;'],
    );
  }
});

test('what comes while a button is pressed takes nothing from the press', async () => {
  await openChat(alice);
  await openChat(bob);
  await alice.press('.side .people button', 'Bob', (i) => bob.evaluate(async (status) => {
    const answer = await fetch('/nereid-chat/presence', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ type: 'presence', presence: { available: true, status } }),
    });
    if (!answer.ok) throw new Error(answer.status);
  }, `news ${i}`));
  await alice.find('.thread-title h2', 'Bob');
  await alice.find('.side .people button', `news ${NEWS - 1}`);
});

test('hostile texts do nothing, as any type', async () => {
  const thread = await bob.evaluate(async () => {
    const body = new URLSearchParams({ user: 'alice' });
    return (await (await fetch('/nereid-chat/start-session', { method: 'POST', body })).json()).thread_id;
  });
  for (const type of ['plain', 'rst', 'html']) {
    await bob.evaluate(async (id, texts, how) => {
      for (const text of [...texts, `the end of ${how}`]) {
        const message = { thread: id, type: how, text };
        const body = JSON.stringify({ type: 'message', message });
        const answer = await fetch('/nereid-chat/send-message', {
          method: 'POST', headers: { 'Content-Type': 'application/json' }, body,
        });
        if (!answer.ok) throw new Error(`${answer.status} ${text}`);
      }
    }, thread, TEXTS, type);
    await alice.find('.log .text', `the end of ${type}`);
    await alice.evaluate(touch);
    assert.deepEqual(await alice.evaluate(harm), NO_HARM);
    assert.deepEqual(await alice.evaluate(() => window.violations), []);
  }
});

test('the server stops and starts while messages are on their way: each comes once, in order', async () => {
  await openLibrary(alice);
  await openLibrary(bob);
  assert.equal(await bob.evaluate(() => window.chat.connection.how), 'events');
  const id = await alice.evaluate(async () => (await window.chat.createRoom({ subject: 'Room', users: ['bob'] })).id);
  await bob.until((one) => window.chat.threads.has(one), id);
  const said = [];
  const send = async (text) => {
    said.push(text);
    await alice.evaluate((one, words) => window.chat.send(one, words).key, id, text);
  };
  for (let i = 0; i < 5; i += 1) await send(`going ${i}`);
  await site.tell('stop');
  for (let i = 0; i < 5; i += 1) await send(`away ${i}`);
  for (const page of [alice, bob]) await page.until(() => window.chat.connection.state === 'offline');
  await site.tell('start');
  for (const page of [alice, bob]) {
    await page.evaluate(() => window.chat.reconnect());
    await isOnline(page);
  }
  for (const page of [alice, bob]) await shows(page, id, said);
  await alice.until((one) => window.chat.threads.get(one).messages.every((each) => each.state === 'sent'), id);
});

/** Of two tabs the one that listens, `events`, and the other one, `tab`; which is which a pause of the first decides. */
async function roles(page, tabs) {
  for (const deadline = Date.now() + 20000; ;) {
    const found = {};
    for (const tab of tabs) {
      await page.turnTo(tab);
      found[await page.evaluate(() => window.chat.connection.how)] = tab;
    }
    if (found.events && found.tab) return found;
    assert.ok(Date.now() < deadline, JSON.stringify(found));
  }
}

test('two tabs share one stream; the one that listens is closed, and nothing is lost', async () => {
  const id = await alice.evaluate(async () => (await window.chat.createRoom({ subject: 'Tabs', users: ['bob'] })).id);
  await bob.until((one) => window.chat.threads.has(one), id);
  const tabs = [await bob.tab(), await bob.newTab()];
  await openLibrary(bob);
  const { events, tab } = await roles(bob, tabs);
  await alice.evaluate((one) => window.chat.send(one, 'before').key, id);
  for (const one of [tab, events]) {
    await bob.turnTo(one);
    await shows(bob, id, ['before']);
  }
  await bob.close();
  await bob.turnTo(tab);
  await alice.evaluate((one) => window.chat.send(one, 'after').key, id);
  await shows(bob, id, ['before', 'after']);
  await bob.until(() => window.chat.connection.how === 'events');
});
