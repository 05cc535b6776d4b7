// SPDX-License-Identifier: MIT
// check: waits
//
// What is read and unread, through a real Apache; and the counting alone, whatever the list of threads and the stream
// bring in whichever order.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Model } from '../../web/chat/model.js';
import {
  open, room, send, shows, thread, until, useLibrary,
} from './library.mjs';

useLibrary();

test('read marks, unread counts, and who is writing', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await room(alice, ['bob']);
  for (const text of ['one', 'two']) await send(alice, id, text);
  await shows(id, ['one', 'two'], alice, bob);
  assert.deepEqual([(await thread(bob, id)).unread, (await thread(alice, id)).unread], [2, 0]);
  await bob.evaluate((one) => window.chat.read(one, 1), id);
  await until(alice, (one) => window.chat.threads.get(one).reads.get('bob') === 1, id);
  assert.equal((await thread(bob, id)).unread, 1);
  await bob.evaluate((one) => window.chat.read(one), id);
  await until(alice, (one) => window.chat.threads.get(one).reads.get('bob') === 2, id);
  assert.equal((await thread(bob, id)).unread, 0);
  // The server has it: another browser of bob's knows.
  const late = await open('bob');
  assert.deepEqual([(await thread(late, id)).read, (await thread(late, id)).unread], [2, 0]);

  await bob.evaluate((one) => window.chat.typing(one), id);
  await until(alice, (one) => window.chat.threads.get(one).typing.map((who) => who.id).join() === 'bob', id);
  await bob.evaluate((one) => window.chat.send(one, 'three'), id);
  await shows(id, ['one', 'two', 'three'], alice);
  assert.deepEqual((await thread(alice, id)).typing, []);
  // Who falls silent is not said to write for ever.
  await alice.evaluate((one) => window.chat.typing(one), id);
  await until(bob, (one) => window.chat.threads.get(one).typing.length === 1, id);
  await until(bob, (one) => window.chat.threads.get(one).typing.length === 0, id);
});

test('what the list has counted and the stream brings later is counted once', async () => {
  const bob = await open('bob', { started: false });
  // The stream is late with one message, the list with all.
  await bob.evaluate(() => {
    window.late = [];
    window.EventSource = class extends EventSource {
      set onmessage(act) {
        super.onmessage = (event) => (event.data.includes('"two"') ? window.late.push(() => act(event)) : act(event));
      }
    };
  });
  let list;
  const asked = new Promise((resolve) => { list = resolve; });
  await bob.route('**/threads?thread=*', (route) => list(route));
  await bob.evaluate(() => window.chat.start());
  const alice = await open('alice');
  const id = await room(alice, ['bob']);
  for (const text of ['one', 'two']) await send(alice, id, text);
  await shows(id, ['one'], bob);
  await until(bob, () => window.late.length === 1);
  const subject = () => bob.evaluate((one) => window.chat.threads.get(one).subject, id);
  assert.equal(await subject(), null);
  await (await asked).continue();
  await until(bob, (one) => window.chat.threads.get(one).subject === 'Room', id);
  assert.equal((await thread(bob, id)).unread, 2);
  await bob.evaluate(() => window.late.forEach((act) => act()));
  await shows(id, ['one', 'two'], bob);
  assert.equal((await thread(bob, id)).unread, 2);
  await send(alice, id, 'three');
  await shows(id, ['one', 'two', 'three'], bob);
  assert.equal((await thread(bob, id)).unread, 3);
});

/** A conversation of mine with a friend, in which these things have happened. */
function counted(...steps) {
  const model = new Model(() => {}, () => {});
  model.people.me = model.people.get('me');
  const one = model.conversation('7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c');
  const stanza = (seq, id = 'friend') => ({ seq, timestamp: '2011-02-10T15:04:50Z', message: { id: `m${seq}`, sender: { id } } });
  const acts = {
    heard: (from, to = from) => { for (let seq = from; seq <= to; seq += 1) one.take(stanza(seq), true); },
    mine: (seq) => one.take(stanza(seq, 'me'), true),
    read: (seq) => one.setRead(seq),
    list: (read, unread, last) => model.describe(one, { read, unread, last: last && stanza(last), members: [], memberCount: 2 }),
    clear: () => one.clear(),
  };
  for (const [act, ...args] of steps) acts[act](...args);
  return one.view.unread;
}

for (const [what, wanted, ...steps] of [
  ['all by the stream', 2, ['list', 0, 0, null], ['heard', 1, 2]],
  ['one\'s own is read', 1, ['list', 0, 0, null], ['heard', 1], ['mine', 2]],
  ['the list is ahead of the stream', 3, ['heard', 1], ['list', 0, 2, 2], ['heard', 2, 3]],
  ['the same, and one of them is one\'s own', 2, ['heard', 1], ['list', 0, 3, 3], ['mine', 2], ['heard', 3]],
  ['the stream is ahead of the list', 6, ['heard', 5, 6], ['list', 0, 5, 5]],
  ['nothing is listed yet that has been heard', 1, ['heard', 1], ['list', 0, 0, null]],
  ['who has left and come back has read what is here', 0, ['list', 0, 0, null], ['heard', 1, 30], ['read', 30], ['list', 30, 0, null]],
  ['read elsewhere, before all of it is here', 5, ['heard', 8], ['list', 0, 10, 10], ['read', 5], ['heard', 9, 10]],
  ['a restored backup is shorter', 10, ['heard', 1, 50], ['list', 0, 50, 50], ['read', 35], ['clear'], ['list', 30, 0, 30], ['heard', 31, 45]],
]) {
  test(`unread: ${what}`, () => assert.equal(counted(...steps), wanted));
}
