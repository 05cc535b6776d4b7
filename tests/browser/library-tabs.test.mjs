// SPDX-License-Identifier: MIT
// check: waits
//
// Several tabs of one user: one of them listens, all hear, each may speak; whoever leads may go at any time.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import {
  allAre, counted, how, isOnline, open, send, shows, state, TIMEOUT, until, useLibrary,
} from './library.mjs';
import { site } from './site.mjs';

// Whose tab is closed is noticed a while later.
useLibrary({ SPOOLCHAT_USER_STREAMS: '0', SPOOLCHAT_MAX_STREAMS: '0' });

/** alice, and so many tabs of bob, in a room. */
async function tabsOfBob(count, query = '') {
  const alice = await open('alice');
  const tabs = [await open('bob', { query })];
  while (tabs.length < count) tabs.push(await open('bob', { query, beside: tabs[0] }));
  const id = await alice.evaluate(async () => (await window.chat.createRoom({ subject: 'Room', users: ['bob'] })).id);
  await Promise.all(tabs.map((tab) => until(tab, (one) => window.chat.threads.has(one), id)));
  return { alice, tabs, id };
}

const hows = async (tabs) => (await Promise.all(tabs.map(how))).sort();

/** Streams of the tabs that were ever opened. */
async function streams(tabs) {
  const each = await Promise.all(tabs.map(counted));
  return each.reduce((sum, one) => sum + one.events + one.polls, 0);
}

/** Until so many of the tabs listen themselves. */
async function settle(tabs, wanted) {
  for (const deadline = Date.now() + TIMEOUT.timeout; ;) {
    const is = await hows(tabs);
    if (JSON.stringify(is) === JSON.stringify(wanted)) return;
    assert.ok(Date.now() < deadline, JSON.stringify(is));
    await tabs[0].waitForFunction(() => new Promise((resolve) => { setTimeout(() => resolve(true), 50); }));
  }
}

for (const without of ['', 'locks']) {
  const query = without && `?without=${without}`;
  const name = without ? `, without ${without}` : '';

  test(`three tabs share one stream${name}`, async () => {
    const { alice, tabs, id } = await tabsOfBob(3, query);
    await settle(tabs, ['events', 'tab', 'tab']);
    assert.equal(await streams(tabs), 1);
    const said = ['one'];
    await send(alice, id, 'one');
    await shows(id, said, alice, ...tabs);
    for (const [i, tab] of tabs.entries()) {
      said.push(`tab ${i}`);
      await send(tab, id, said.at(-1));
      await shows(id, said, alice, ...tabs);
      await allAre(tab, id, 'sent');
    }
    await tabs[1].evaluate((one) => window.chat.read(one), id);
    await Promise.all(tabs.map((tab) => until(tab, (one) => window.chat.threads.get(one).unread === 0, id)));
    assert.equal(await streams(tabs), 1);
  });

  test(`the tab that listens is closed: another one goes on, and nothing is lost${name}`, async () => {
    const { alice, tabs, id } = await tabsOfBob(3, query);
    const said = [];
    for (let left = tabs; left.length > 1;) {
      said.push(`before ${left.length}`);
      await send(alice, id, said.at(-1));
      await shows(id, said, ...left);
      const leads = (await Promise.all(left.map(how))).indexOf('events');
      const closing = left[leads].close();
      said.push(`meanwhile ${left.length}`);
      await send(alice, id, said.at(-1));
      await closing;
      left = left.filter((_, i) => i !== leads);
      await shows(id, said, ...left);
      await settle(left, ['events', ...left.slice(1).map(() => 'tab')]);
    }
  });

  test(`the server stops and starts: all tabs say so, and one listens again${name}`, async () => {
    const { alice, tabs, id } = await tabsOfBob(2, query);
    await site.tell('stop');
    await Promise.all(tabs.map((tab) => state(tab, 'offline')));
    await Promise.all(tabs.map((tab, i) => send(tab, id, `tab ${i}`)));
    await site.tell('start');
    // Looking at one of them is enough.
    await tabs[0].evaluate(() => window.chat.reconnect());
    await Promise.all([alice, ...tabs].map(isOnline));
    await until(alice, (one) => window.shown(one).length === 2, id);
    const both = await alice.evaluate((one) => window.shown(one), id);
    assert.deepEqual([...both].sort(), ['tab 0', 'tab 1']);
    await shows(id, both, ...tabs);
    await settle(tabs, ['events', 'tab']);
  });
}

test('a tab that hears nothing of a leader that does not answer takes its place', async () => {
  const { alice, tabs, id } = await tabsOfBob(2);
  const leads = (await Promise.all(tabs.map(how))).indexOf('events');
  const other = tabs[1 - leads];
  // As if the system had put it to sleep with the lock in its hands: it neither hears nor says nor does anything.
  await tabs[leads].evaluate(() => {
    const { session } = window.chat.own;
    session.tabs.channel.onmessage = null;
    session.tabs.tell = () => {};
    clearInterval(session.timer);
    session.listener.cut();
    session.listener.run.over = true;
  });
  // Asked twice, it takes the place once.
  await other.evaluate(() => { for (let i = 0; i < 2; i += 1) document.dispatchEvent(new Event('visibilitychange')); });
  await until(other, () => window.chat.connection.how === 'events');
  await send(alice, id, 'still heard');
  await shows(id, ['still heard'], other);
  assert.equal((await counted(other)).events, 1);
});

test('a page that is put aside gives its stream up, and hears again when it is shown', async () => {
  const { alice, tabs, id } = await tabsOfBob(2);
  const leads = (await Promise.all(tabs.map(how))).indexOf('events');
  const other = tabs[1 - leads];
  // As in the browser's cache of pages, where nothing is heard of other tabs.
  const turn = (type) => tabs[leads].evaluate((name) => {
    const { channel } = window.chat.own.session.tabs;
    window.dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
    [channel.onmessage, window.ear] = [window.ear ?? null, channel.onmessage];
  }, type);
  await tabs[leads].evaluate((one) => window.chat.open(one), id);
  await turn('pagehide');
  await until(other, () => window.chat.connection.how === 'events');
  await send(alice, id, 'meanwhile');
  await shows(id, ['meanwhile'], other);
  await turn('pageshow');
  await settle(tabs, ['events', 'tab']);
  await send(alice, id, 'again');
  await until(tabs[leads], (one) => window.shown(one).at(-1) === 'again', id);
  await shows(id, ['meanwhile', 'again'], ...tabs);
});

for (const query of ['?without=BroadcastChannel', '?share=no']) {
  test(`each tab listens for itself: ${query}`, async () => {
    const { alice, tabs, id } = await tabsOfBob(2, query);
    assert.deepEqual(await hows(tabs), ['events', 'events']);
    await send(alice, id, 'one');
    await shows(id, ['one'], ...tabs);
    await send(tabs[0], id, 'two');
    await shows(id, ['one', 'two'], alice, ...tabs);
  });
}

test('two users in one browser do not hear each other', async () => {
  const { alice, tabs: [bob], id } = await tabsOfBob(1);
  const other = await open('bob', { query: '?login=carol', beside: bob });
  assert.equal(await other.evaluate(() => window.chat.me.id), 'carol');
  assert.deepEqual(await hows([bob, other]), ['events', 'events']);
  await send(alice, id, 'one');
  await shows(id, ['one'], bob);
  const pair = await other.evaluate(async () => (await window.chat.talk('alice')).id);
  await send(other, pair, 'two');
  await shows(pair, ['two'], other, alice);
  await send(alice, id, 'three');
  await shows(id, ['one', 'three'], bob);
  const heard = (page) => page.evaluate(() => window.events.filter((one) => one.type === 'message').map((one) => one.message.text));
  assert.deepEqual([await heard(bob), await heard(other)], [['one', 'three'], ['two']]);
});

test('nothing of the token stays behind: no storage has it', async () => {
  const { alice, id } = await tabsOfBob(1);
  await send(alice, id, 'one');
  await allAre(alice, id, 'sent');
  const kept = await alice.evaluate(async () => {
    const { value } = window.chat.own.token;
    const all = [JSON.stringify(localStorage), document.cookie, document.documentElement.outerHTML];
    return [typeof value, all.some((text) => text.includes(value)), (await indexedDB.databases?.() ?? []).length];
  });
  assert.deepEqual(kept, ['string', false, 0]);
  const token = await alice.evaluate(() => window.chat.own.token.value);
  const name = createHash('sha256').update(token).digest('hex');
  const isGood = async () => (await readdir(`${site.spool}/tokens`)).includes(name);
  assert.equal(await isGood(), true);
  await alice.evaluate(() => window.chat.stop());
  for (const deadline = Date.now() + TIMEOUT.timeout; await isGood();) assert.ok(Date.now() < deadline, 'it is still good');
});
