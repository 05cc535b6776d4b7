// SPDX-License-Identifier: MIT
// check: waits
//
// The library when things go wrong: servers that stop, proxies that keep back, tokens whose time is over, gaps.

import assert from 'node:assert/strict';
import { readdir, rename } from 'node:fs/promises';
import { test } from 'node:test';
import {
  allAre, counted, how, isOnline, open, send, shows, state, until, useLibrary,
} from './library.mjs';
import { site } from './site.mjs';

useLibrary();

const room = (page, ...users) => page.evaluate(
  async (names) => (await window.chat.createRoom({ subject: 'Room', users: names })).id,
  users,
);

/** alice and bob in a room of their own that both know. */
async function two(query = '') {
  const alice = await open('alice', { query });
  const bob = await open('bob', { query });
  const id = await room(alice, 'bob');
  await until(bob, (one) => window.chat.threads.has(one), id);
  return { alice, bob, id };
}

const thread = (page, id) => page.evaluate((one) => {
  const { messages, unread, newest } = window.chat.threads.get(one);
  return { seqs: messages.map((message) => message.seq), unread, newest };
}, id);

for (const transport of ['events', 'polls']) {
  test(`offline and back, by ${transport}: the server stops and starts while messages are on their way`, async () => {
    const { alice, bob, id } = await two(`?transport=${transport}`);
    const said = [];
    const say = async (page, text) => {
      said.push(text);
      await send(page, id, text);
    };
    for (let i = 0; i < 3; i += 1) {
      // Some are on their way when it goes, some are said while it is away, all from one side: one order.
      for (let j = 0; j < 5; j += 1) await say(alice, `going ${i} ${j}`);
      await site.tell('stop');
      for (let j = 0; j < 5; j += 1) await say(alice, `away ${i} ${j}`);
      await Promise.all([state(alice, 'offline'), state(bob, 'offline')]);
      assert.equal(await alice.evaluate((one) => window.chat.threads.get(one).messages.at(-1).state, id), 'sending');
      await site.tell('start');
      // As somebody who looks at it.
      for (const page of [alice, bob]) await page.evaluate(() => window.chat.reconnect());
      await Promise.all([isOnline(alice), isOnline(bob)]);
      await shows(id, said, alice, bob);
      await allAre(alice, id, 'sent');
    }
    const expected = said.map((_, i) => i + 1);
    for (const page of [alice, bob]) assert.deepEqual((await thread(page, id)).seqs, expected);
    assert.equal(await how(bob), transport);
  });
}

test('nobody looks: it comes back by itself, and what waits goes', async () => {
  const { alice, bob, id } = await two();
  await site.tell('stop');
  await until(alice, () => {
    const { state: is, retryAt } = window.chat.connection;
    return is === 'offline' && retryAt > Date.now() - 1000 && retryAt < Date.now() + 31000;
  });
  await send(alice, id, 'waited');
  await site.tell('start');
  await shows(id, ['waited'], alice, bob);
  await until(alice, () => window.chat.connection.how === 'events');
});

test('started while there is no server', async () => {
  const alice = await open('alice', { started: false });
  await site.tell('stop');
  await alice.evaluate(() => { window.begun = window.chat.start(); });
  await state(alice, 'offline');
  await site.tell('start');
  await alice.evaluate(() => window.begun);
  await isOnline(alice);
});

test('an hour passes, and with it the token: listening and speaking go on', async () => {
  const { alice, bob, id } = await two();
  const said = [];
  for (let hour = 0; hour < 2; hour += 1) {
    const had = [await counted(alice), await counted(bob)];
    await site.tell('forward 3601');
    for (let i = 0; i < 5; i += 1) {
      said.push(`hour ${hour} ${i}`);
      await send(alice, id, said.at(-1));
    }
    await shows(id, said, alice, bob);
    for (const [i, page] of [alice, bob].entries()) {
      await until(page, (n) => window.counted.events > n && window.chat.connection.state === 'online', had[i].events);
    }
  }
  assert.deepEqual([await how(alice), await how(bob)], ['events', 'events']);
  assert.deepEqual((await thread(bob, id)).seqs, said.map((_, i) => i + 1));
});

test('an hour passes for one who only polls', async () => {
  const { alice, bob, id } = await two('?transport=polls');
  await site.tell('forward 3601');
  await send(alice, id, 'still here');
  await shows(id, ['still here'], alice, bob);
  assert.deepEqual([(await counted(alice)).events, (await counted(bob)).events], [0, 0]);
});

test('no EventSource: long polls', async () => {
  const { alice, bob, id } = await two('?without=EventSource');
  await send(alice, id, 'one');
  await send(bob, id, 'two');
  await until(alice, (one) => window.shown(one).length === 2, id);
  assert.deepEqual([await how(alice), await how(bob)], ['polls', 'polls']);
});

/** bob behind a proxy that keeps events back, and alice; `say` waits until the server has it. */
async function behind(kind) {
  const alice = await open('alice');
  const origin = `http://127.0.0.1:${await site.tell(`proxy ${kind}`)}`;
  const bob = await open('bob', { query: '?patience=2000', started: false }, { origin });
  // Until enough was said to fill a buffer a stream is not open: that is to be waited for longer than one's own words.
  if (kind === 'nginx-deaf') await bob.evaluate(() => { window.chat.own.session.listener.patience = 15000; });
  const id = await room(alice, 'bob');
  await bob.evaluate(() => window.chat.start());
  await until(bob, (one) => window.chat.threads.has(one), id);
  const said = [];
  const say = async (page, text) => {
    said.push(text);
    await send(page, id, text);
    await allAre(page, id, 'sent');
  };
  return { alice, bob, id, said, say };
}

/** Until bob's tab is in this way online, with somebody talking. */
async function talkUntil(bob, wanted, say) {
  for (const deadline = Date.now() + 30000; await how(bob) !== wanted;) {
    assert.ok(Date.now() < deadline, JSON.stringify(await counted(bob)));
    await say();
  }
}

test('nginx keeps all events back: long polls, and nothing is lost on the way', async () => {
  const { alice, bob, id, said, say } = await behind('nginx-deep');
  await talkUntil(bob, 'polls', () => say(alice, `meanwhile ${said.length}`));
  await say(alice, 'after');
  await say(bob, 'all');
  await shows(id, said, alice, bob);
  assert.deepEqual([await how(bob), (await counted(bob)).events], ['polls', 1]);
});

test('nginx lets full buffers through: what bob says does not come back, so long polls', async () => {
  const { alice, bob, id, said, say } = await behind('nginx-deaf');
  await talkUntil(bob, 'events', () => say(alice, `${said.length} ${'x'.repeat(2000)}`));
  // One that fills a buffer by chance is heard; several in a row are not.
  for (let i = 0; i < 5 && await how(bob) !== 'polls'; i += 1) {
    await say(bob, `mine ${i}`);
    await bob.waitForFunction(() => window.chat.connection.how === 'polls', undefined, { timeout: 4000 }).catch(() => {});
  }
  assert.equal(await how(bob), 'polls');
  await say(alice, 'after');
  await shows(id, said, alice, bob);
});

test('nginx that lets events through: it stays with them', async () => {
  const alice = await open('alice');
  const origin = `http://127.0.0.1:${await site.tell('proxy nginx')}`;
  const bob = await open('bob', { query: '?patience=8000' }, { origin });
  const id = await room(alice, 'bob');
  await send(alice, id, 'one');
  await shows(id, ['one'], bob);
  await send(bob, id, 'two');
  await shows(id, ['one', 'two'], alice, bob);
  assert.deepEqual([await how(bob), (await counted(bob)).polls], ['events', 0]);
});

test('a gap: what the stream cannot say any more is fetched', async () => {
  const { alice, bob, id } = await two();
  const said = ['one', 'two'];
  for (const text of said) await send(alice, id, text);
  await shows(id, said, alice, bob);
  await bob.evaluate((one) => window.chat.open(one), id);
  await site.tell('stop');
  await Promise.all([state(alice, 'offline'), state(bob, 'offline')]);
  for (let i = 0; i < 3; i += 1) {
    // The ledger of the site is lost, as after a restored backup; the threads are the truth. What is said then shows
    // it to the agent, so that it has nothing to tell of it to whom it holds when they come.
    if (i === 2) {
      const [name] = await readdir(`${site.spool}/journal`);
      await rename(`${site.spool}/journal/${name}`, `${site.spool}/journal.lost`);
    }
    said.push(`away${i}`);
    await site.tell(`say alice ${id} away${i}`);
  }
  await site.tell('start');
  for (const page of [alice, bob]) await page.evaluate(() => window.chat.reconnect());
  await Promise.all([isOnline(alice), isOnline(bob)]);
  await shows(id, said, bob, alice);
  assert.equal((await thread(bob, id)).unread, said.length);
  // What was there stays there: nothing but the missing was added.
  assert.deepEqual(await bob.evaluate(() => window.events.filter((one) => one.type === 'history').map((one) => one.where)), ['front', 'end']);
  said.push('and on');
  await send(alice, id, 'and on');
  await shows(id, said, alice, bob);
  assert.deepEqual((await thread(bob, id)).seqs, said.map((_, i) => i + 1));
});

test('what was said while nobody listened is no news', async () => {
  const { alice, bob, id } = await two();
  const news = () => bob.evaluate(() => window.events.filter((one) => one.type === 'message').map((one) => [one.message.text, one.live]));
  await send(alice, id, 'now');
  await shows(id, ['now'], bob);
  await site.tell('stop');
  await state(bob, 'offline');
  for (let i = 0; i < 30; i += 1) await site.tell(`say alice ${id} then${i}`);
  await site.tell('forward 120');
  await site.tell('start');
  await bob.evaluate(() => window.chat.reconnect());
  await until(bob, (one) => window.shown(one).length === 31, id);
  await isOnline(bob);
  await send(alice, id, 'again');
  await until(bob, (one) => window.shown(one).at(-1) === 'again', id);
  const live = (await news()).filter(([, is]) => is).map(([text]) => text);
  assert.deepEqual(live, ['now', 'again']);
  assert.equal((await thread(bob, id)).unread, 32);
});

test('sent, and no answer for more than a day: it is known again, and said once', async () => {
  const { alice, bob, id } = await two();
  const sent = async () => (await readdir(`${site.spool}/users/alice/sent`)).length;
  await alice.route('**/nereid-chat/**', (route) => route.abort());
  await site.tell('stop');
  await state(alice, 'offline');
  const message = { thread: id, text: 'once' };
  message.id = await alice.evaluate(({ thread: one, text }) => window.chat.send(one, text).id, message);
  await until(alice, () => window.counted.sends > 0);
  await site.tell('start');
  // It has arrived, and the answer was lost.
  const answer = await fetch(`${site.base}/send-message`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('alice:alice')}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'message', message: { type: 'plain', subject: null, language: null, attachments: [], ...message } }),
  });
  assert.equal(answer.status, 200);
  await site.tell('forward 90000');
  for (const deadline = Date.now() + 15000; await sent();) assert.ok(Date.now() < deadline, 'its id is still kept');
  await alice.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() + 90000000;
  });
  await alice.unroute('**/nereid-chat/**');
  await alice.evaluate(() => window.chat.reconnect());
  await Promise.all([isOnline(alice), isOnline(bob)]);
  await allAre(alice, id, 'sent');
  await send(bob, id, 'twice?');
  await shows(id, ['once', 'twice?'], alice, bob);
});

test('history that is forgotten while a page of it is on its way leaves no hole', async () => {
  const { alice, bob, id } = await two('?page=10');
  for (let i = 0; i < 40; i += 1) await send(alice, id, `text ${i}`);
  await allAre(alice, id, 'sent');
  await bob.evaluate((one) => window.chat.open(one), id);
  const late = await open('bob', { query: '?page=10' });
  await late.evaluate((one) => window.chat.open(one), id);
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  let asked;
  const begun = new Promise((resolve) => { asked = resolve; });
  await late.route('**/history/**', async (route) => {
    asked();
    await held;
    await route.continue();
  }, { times: 1 });
  await late.evaluate((one) => { window.older = window.chat.older(one); }, id);
  await begun;
  await late.evaluate(async (one) => {
    const { history, model } = window.chat.own;
    await history.anew(model.conversations.get(one), () => true);
  }, id);
  go();
  await late.evaluate(() => window.older);
  const seqs = (await thread(late, id)).seqs;
  assert.deepEqual(seqs, Array.from({ length: seqs.length }, (_, i) => seqs[0] + i));
  assert.equal(seqs.at(-1), 40);
  // What is missed while a gap is mended is mended, too.
  const loads = await late.evaluate(async () => {
    const { session, lists } = window.chat.own;
    const load = lists.load.bind(lists);
    let count = 0;
    lists.load = () => {
      count += 1;
      return load();
    };
    await Promise.all([session.gap(false), session.gap(false)]);
    return count;
  });
  assert.equal(loads, 2);
});

test('stop says no more and hears no more; start goes on', async () => {
  const { alice, bob, id } = await two();
  await bob.evaluate(() => window.chat.stop());
  await send(alice, id, 'one');
  await send(bob, id, 'mine');
  await allAre(alice, id, 'sent');
  assert.deepEqual(await bob.evaluate((one) => window.shown(one), id), ['mine']);
  await bob.evaluate(() => window.chat.start());
  await shows(id, ['one', 'mine'], alice, bob);
});
