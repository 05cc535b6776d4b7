// SPDX-License-Identifier: MIT
// check: waits
//
// The two clients of the protocol's first server, as they are (pages/), through a real Apache: each message is
// shown once in each of their tabs, and none is missing, whatever ends their streams.

import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openPage, running, site, useSite } from './site.mjs';

const TIMEOUT = { timeout: 20000, polling: 40 };

let pages = [];

useSite();

afterEach(async () => {
  await Promise.all(pages.map((page) => page.context().close()));
  pages = [];
});

/** A page of `user`; in a tab beside another one's when given. */
async function open(user, address, beside) {
  const page = beside ? await beside.context().newPage() : await openPage(running.browser, site, user);
  await page.goto(`${site.origin}/${address}`);
  await page.waitForFunction(() => window.client?.opened > 0, undefined, TIMEOUT);
  if (!beside) pages.push(page);
  return page;
}

/** Until each has shown `text`. */
function shows(text, ...tabs) {
  return Promise.all(tabs.map((tab) => tab.waitForFunction(
    (wanted) => window.client.shown.some((message) => message.text === wanted),
    text,
    TIMEOUT,
  )));
}

/**
 * What each tab has shown of one test, in order; and it is alive. A page may begin with the end of what closed
 * pages were told by the tests before.
 */
async function expectShown(texts, ...tabs) {
  for (const tab of tabs) {
    const client = await tab.evaluate(() => ({ shown: window.client.shown.map((m) => m.text), dead: window.client.dead }));
    assert.deepEqual(client.shown.filter((text) => texts.includes(text)), texts);
    assert.ok(!client.dead);
  }
}

/**
 * Until nothing is in doubt: what was written within a tenth of a second before a server ends its streams may be said
 * again (protocol/README.md). The places of the streams tell when they were moved.
 */
async function settled() {
  const users = `${site.spool}/users`;
  for (const deadline = Date.now() + TIMEOUT.timeout; ;) {
    const files = (await Promise.all((await readdir(users)).map(async (user) => {
      const names = await readdir(`${users}/${user}/streams`).catch(() => []);
      return Promise.all(names.map((name) => stat(`${users}/${user}/streams/${name}`).catch(() => undefined)));
    }))).flat();
    if (files.every((file) => file === undefined || file.mtimeMs < Date.now() - 200)) return;
    assert.ok(Date.now() < deadline, 'streams are written to all the time');
    await pause(20);
  }
}

/** Until each tab has opened another stream than those it had. */
async function reopens(act, ...tabs) {
  const had = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.client.opened)));
  await act(had);
  await Promise.all(tabs.map((tab, i) => tab.waitForFunction((n) => window.client.opened > n, had[i], TIMEOUT)));
}

/** Until each has lost its stream, or got another already. */
function cutOff(had, ...tabs) {
  return Promise.all(tabs.map((tab, i) => tab.waitForFunction(
    (n) => window.client.failures > 0 || window.client.opened > n,
    had[i],
    TIMEOUT,
  )));
}

const start = (page, user) => page.evaluate((other) => window.client.start(other), user);
const say = async (page, thread, text) => {
  assert.equal(await page.evaluate(([id, words]) => window.client.say(id, words), [thread, text]), true);
};

test('two people chat, one in each client', async () => {
  const alice = await open('alice', 'old-module.html');
  const bob = await open('bob', 'old-page.html');
  const thread = await start(alice, 'bob');
  await alice.waitForFunction(() => window.client.people.bob === true, undefined, TIMEOUT);
  const friends = await alice.evaluate(() => window.client.friends());
  assert.deepEqual(friends.find(([id]) => id === 'bob'), ['bob', 'Bob', true]);
  const said = ['Hello Bob', 'How are you?', 'ünïcödé 🙂 <b>&amp;'];
  for (const text of said) {
    await say(alice, thread, text);
    await shows(text, alice, bob);
  }
  await expectShown(said, alice, bob);
  const [first] = await bob.evaluate(() => window.client.shown);
  assert.equal(first.from, 'Alice');
  assert.equal(first.thread, thread);
  assert.ok(['Alice, Bob', 'Bob, Alice'].includes(first.title));
  assert.ok(Math.abs(Date.now() - Date.parse(first.at)) < 60000);
  const members = await alice.evaluate((id) => window.client.threads[id], thread);
  assert.deepEqual(members.sort(), [['alice', 'Alice'], ['bob', 'Bob']]);
});

test('an hour passes, and with it the token: two tabs of one user', async () => {
  const alice = await open('alice', 'old-module.html');
  const thread = await start(alice, 'bob');
  const one = await open('bob', 'old-module.html');
  const two = await open('bob', 'old-module.html', one);
  const said = [];
  for (let hour = 0; hour < 2; hour += 1) {
    said.push(`hour ${hour}`);
    await say(alice, thread, `hour ${hour}`);
    await shows(`hour ${hour}`, alice, one, two);
    await reopens(async () => {
      await site.tell('forward 3601');
      // While some are away, and some have come back already.
      for (let i = 0; i < 20; i += 1) {
        said.push(`between ${hour} ${i}`);
        await say(alice, thread, `between ${hour} ${i}`);
        await new Promise((resolve) => { setTimeout(resolve, 300); });
      }
    }, alice, one, two);
    await shows(said.at(-1), alice, one, two);
    await expectShown(said, alice, one, two);
  }
});

test('the web server is stopped, somebody speaks, and it is started again: two tabs of each client', async () => {
  const alice = await open('alice', 'old-module.html?pause=6000');
  const thread = await start(alice, 'bob');
  const one = await open('bob', 'old-module.html?pause=6000');
  const two = await open('bob', 'old-module.html?pause=6000', one);
  const three = await open('carol', 'old-page.html');
  const room = await alice.evaluate(async () => (await window.client.post('start-session', [['user', 'bob'], ['user', 'carol']])).thread_id);
  const all = [alice, one, two, three];
  const said = [];
  const here = [];
  for (let i = 0; i < 2; i += 1) {
    said.push(`up ${i}`, `down ${i}`);
    here.push(`pair up ${i}`, `up ${i}`, `pair down ${i}`, `down ${i}`);
    await say(alice, thread, `pair up ${i}`);
    await say(alice, room, `up ${i}`);
    await shows(`up ${i}`, ...all);
    await settled();
    await reopens(async () => {
      await site.tell('stop');
      await site.tell(`say alice ${thread} pair+down+${i}`);
      await site.tell(`say alice ${room} down+${i}`);
      await site.tell('start');
    }, ...all);
    await shows(`down ${i}`, ...all);
  }
  await expectShown(here, alice, one, two);
  await expectShown(said, three);
});

test('the web server restarts and refuses nobody: no pause is needed', async () => {
  const alice = await open('alice', 'old-module.html');
  const thread = await start(alice, 'bob');
  const one = await open('bob', 'old-module.html');
  const two = await open('bob', 'old-module.html', one);
  const said = [];
  for (let i = 0; i < 3; i += 1) {
    said.push(`before ${i}`, `during ${i}`, `after ${i}`);
    await say(alice, thread, `before ${i}`);
    await shows(`before ${i}`, alice, one, two);
    await settled();
    await reopens(async (had) => {
      await site.tell('restart');
      await cutOff(had, alice, one, two);
      await site.tell(`say alice ${thread} during+${i}`); // while it still reads, and cannot pass it on
    }, alice, one, two);
    await shows(`during ${i}`, alice, one, two);
    await say(alice, thread, `after ${i}`);
    await shows(`after ${i}`, alice, one, two);
  }
  await expectShown(said, alice, one, two);
});

test('both clients of one user, side by side', async () => {
  const alice = await open('alice', 'old-module.html');
  const thread = await start(alice, 'bob');
  const one = await open('bob', 'old-page.html');
  // With a pause: who waited for a restart that took long comes before Apache's programs can be started, and is refused.
  const two = await open('bob', 'old-module.html?pause=500', one);
  const said = [];
  for (let i = 0; i < 2; i += 1) {
    said.push(`open ${i}`, `soon ${i}`);
    await say(alice, thread, `open ${i}`);
    await shows(`open ${i}`, one, two);
    await reopens(async () => {
      await reopens(() => site.tell('restart'), two);
      await site.tell(`say alice ${thread} soon+${i}`); // the page waits for another moment
    }, one);
    await shows(`soon ${i}`, one, two);
  }
  await expectShown(said, one, two);
});
