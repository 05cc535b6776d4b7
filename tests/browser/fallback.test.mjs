// SPDX-License-Identifier: MIT
// check: waits
//
// Proxies before a real Apache, and a page (pages/fallback.js) that tries events and falls back to long polls: it
// shows all that somebody else says, once and in time, and where events come through it stays with them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, running, site, useSite } from './site.mjs';

// Less than a long poll waits (25 s): what is there by then was not let out by an end.
const TIMEOUT = { timeout: 12000, polling: 40 };

let alice;
let thread;

useSite({}, async () => {
  alice = await openPage(running.browser, site, 'alice');
  thread = (await post('start-session', { user: 'bob' })).thread_id;
});

/** POST a form from alice's page, which is behind no proxy; the answer's JSON. */
function post(path, fields) {
  return alice.evaluate(async ([address, form]) => {
    const response = await fetch(address, { method: 'POST', body: new URLSearchParams(form) });
    return response.json();
  }, [`/nereid-chat/${path}`, fields]);
}

async function say(text) {
  const answer = await post('send-message', { thread_id: thread, message: text });
  assert.equal(answer.success, true, JSON.stringify(answer));
}

/** bob's page behind a new proxy, which has its cursor. */
async function openBehind(kind, query = '') {
  const origin = `http://127.0.0.1:${await site.tell(`proxy ${kind}`)}`;
  const bob = await openPage(running.browser, { origin }, 'bob');
  await bob.goto(`${origin}/fallback.html${query}`);
  await bob.waitForFunction(() => window.client.how !== 'starting', undefined, TIMEOUT);
  return bob;
}

const look = (page) => page.evaluate(() => {
  const { shown, how, ways, opened, polls } = window.client;
  return { shown, how, ways, opened, polls };
});

function shows(page, text) {
  return page.waitForFunction((wanted) => window.client.shown.includes(wanted), text, TIMEOUT);
}

/** Say one after another as long as the page is not where it should be; what was said. */
async function sayUntil(page, there) {
  const said = [];
  const deadline = Date.now() + 20000;
  do {
    assert.ok(Date.now() < deadline, JSON.stringify(await look(page)));
    said.push(`meanwhile ${said.length}`);
    await say(said.at(-1));
  } while (!there(await look(page)));
  return said;
}

/** Each is there before the next is said, and nothing is there twice. */
async function sayOneByOne(page, said) {
  for (const text of ['one', 'two', 'three']) {
    await say(text);
    said.push(text);
    await shows(page, text);
  }
  assert.deepEqual((await look(page)).shown, said);
}

test('nginx buffers whatever it is told: the page hears nothing, and goes on with long polls', async () => {
  await say('before');
  const bob = await openBehind('nginx-deep');
  // Some while it waits for events, some at the change, some between polls.
  const said = await sayUntil(bob, (client) => client.polls >= 3);
  await shows(bob, said.at(-1));
  await sayOneByOne(bob, said);
  const { ways, opened } = await look(bob);
  assert.deepEqual({ ways, opened }, { ways: ['starting', 'trying', 'polls'], opened: 0 });
  await bob.context().close();
});

test('nginx lets full buffers through: the page hears much, but not itself, and goes on with long polls', async () => {
  const bob = await openBehind('nginx-deaf', '?patience=15000');
  const said = await sayUntil(bob, (client) => client.how === 'events');
  // One that fills a buffer by chance is heard; several in a row do not.
  for (let i = 0; i < 5 && (await look(bob)).how === 'events'; i += 1) {
    said.push(`mine ${i}`);
    await bob.evaluate(([id, text]) => window.client.say(id, text), [thread, said.at(-1)]);
    await bob.waitForFunction(
      (text) => window.client.shown.includes(text) || window.client.how === 'polls',
      said.at(-1),
      TIMEOUT,
    );
  }
  assert.equal((await look(bob)).how, 'polls');
  await sayOneByOne(bob, said);
  await bob.context().close();
});

for (const kind of ['nginx', 'squid-before']) {
  test(`${kind} lets events through: the page stays with them`, async () => {
    const bob = await openBehind(kind, '?patience=8000');
    const said = await sayUntil(bob, (client) => client.how !== 'trying');
    await shows(bob, said.at(-1));
    await sayOneByOne(bob, said);
    const { how, polls } = await look(bob);
    assert.deepEqual({ how, polls }, { how: 'events', polls: 0 });
    await bob.context().close();
  });

  test(`${kind} lets long polls through as well`, async () => {
    const bob = await openBehind(kind, '?patience=0');
    const said = await sayUntil(bob, (client) => client.how === 'polls' && client.polls >= 3);
    await shows(bob, said.at(-1));
    await sayOneByOne(bob, said);
    assert.equal((await look(bob)).opened, 0);
    await bob.context().close();
  });
}
