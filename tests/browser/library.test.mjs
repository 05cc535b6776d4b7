// SPDX-License-Identifier: MIT
// check: waits
//
// The library through a real Apache: two people chat, and all that can be said about what was said.

import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { newAbout, showMessage, takeAbout } from '../../web/chat/message.js';
import {
  allAre, open, room, send, shows, talk, thread, until, useLibrary,
} from './library.mjs';
import { site } from './site.mjs';

useLibrary();

test('the library is small: under 15 KB when compressed', async () => {
  for (const name of ['chat.js', 'chat.mjs']) {
    const script = await readFile(new URL(`../../build/web/${name}`, import.meta.url));
    assert.ok(gzipSync(script, { level: 9 }).length < 15000, `${name}: ${gzipSync(script, { level: 9 }).length}`);
  }
});

test('as a module it is the same', async () => {
  const alice = await open('alice', { started: false });
  const found = await alice.evaluate(async () => {
    const module = await import('/chat/chat.mjs');
    return [typeof module.SpoolChat, module.default === module.SpoolChat, Object.keys(module).sort()];
  });
  assert.deepEqual(found, ['function', true, ['SpoolChat', 'default']]);
});

test('chat.d.ts names what there is', async () => {
  const alice = await open('alice', { started: false });
  const text = await readFile(new URL('../../build/web/chat.d.ts', import.meta.url), 'utf8');
  const [, body] = text.split('export class SpoolChat extends EventTarget {');
  const said = new Set([...body.matchAll(/^ {2}(?:readonly )?([a-zA-Z]+)[(:<]/gm)].map(([, name]) => name));
  const is = await alice.evaluate(() => [...Object.getOwnPropertyNames(window.SpoolChat.prototype), ...Object.keys(window.chat)]);
  said.delete('addEventListener');
  assert.deepEqual([...said].sort(), is.sort());
});

test('a page that knows the login itself', async () => {
  const page = await open(undefined, { query: '?login=alice' });
  const bob = await open('bob');
  const id = await room(page, ['bob']);
  await page.evaluate((one) => { window.chat.send(one, { text: 'with a file', files: [new File(['x'], 'x')] }); }, id);
  await shows(id, ['with a file'], page, bob);
  await send(bob, id, 'heard');
  await shows(id, ['with a file', 'heard'], page);
});

test('a login that is none: it says so, and does not ask again and again', async () => {
  const page = await open('mallory', { started: false });
  let asked = 0;
  page.on('request', (request) => { asked += request.url().includes('/nereid-chat/') ? 1 : 0; });
  await page.evaluate(() => { window.chat.start().catch(() => {}); });
  await until(page, () => window.chat.connection.state === 'login');
  assert.deepEqual(await page.evaluate(() => [window.chat.connection.error.status, window.chat.connection.retryAt]), [401, null]);
  const before = asked;
  await page.evaluate(() => window.chat.reconnect());
  await until(page, () => window.events.filter((one) => one.type === 'connection' && one.connection.state === 'login').length === 2);
  assert.ok(asked > before && asked <= 8, `asked ${asked} times`);
});

test('two people chat', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await talk(alice, 'bob');
  const said = ['Hello Bob', 'Hello Alice', 'ünïcödé 🙂 <b>&amp;'];
  for (const [i, text] of said.entries()) {
    await send(i % 2 ? bob : alice, id, text);
    await shows(id, said.slice(0, i + 1), alice, bob);
  }
  await allAre(alice, id, 'sent');
  await allAre(bob, id, 'sent');
  const [first] = (await thread(bob, id)).messages;
  assert.deepEqual([first.seq, first.mine], [1, false]);
  assert.deepEqual((await thread(alice, id)).messages.map((one) => one.mine), [true, false, true]);
  assert.deepEqual((await thread(bob, id)).others, ['alice']);
  assert.equal(await bob.evaluate(() => window.chat.people.get('alice').displayName), 'Alice');
  assert.equal(await bob.evaluate(() => window.chat.me.id), 'bob');
  // Each was told once as new to each.
  for (const page of [alice, bob]) {
    const told = await page.evaluate(() => window.events.filter((one) => one.type === 'message').map((one) => one.message.text));
    assert.deepEqual(told, said);
  }
});

test('what is sent is there at once, before any answer', async () => {
  const alice = await open('alice');
  const id = await room(alice, ['bob']);
  const states = await alice.evaluate((one) => {
    const message = window.chat.send(one, 'at once');
    return [window.shown(one), message.state, message.seq];
  }, id);
  assert.deepEqual(states, [['at once'], 'sending', null]);
  await allAre(alice, id, 'sent');
});

test('order is kept: fifty in a row, from two sides', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await room(alice, ['bob']);
  await until(bob, (one) => window.chat.threads.has(one), id);
  const say = (page, name) => page.evaluate(([one, who]) => {
    for (let i = 0; i < 25; i += 1) window.chat.send(one, `${who} ${i}`);
  }, [id, name]);
  await Promise.all([say(alice, 'a'), say(bob, 'b')]);
  for (const page of [alice, bob]) {
    await until(page, (one) => window.shown(one).length === 50, id);
    await allAre(page, id, 'sent');
  }
  const at = await thread(alice, id);
  const bt = await thread(bob, id);
  assert.deepEqual(at.messages.map((one) => one.seq), Array.from({ length: 50 }, (_, i) => i + 1));
  assert.deepEqual(at.messages.map((one) => one.text), bt.messages.map((one) => one.text));
  for (const name of ['a', 'b']) {
    const own = at.messages.map((one) => one.text).filter((text) => text.startsWith(name));
    assert.deepEqual(own, Array.from({ length: 25 }, (_, i) => `${name} ${i}`));
  }
});

test('corrections, reactions and retractions, on both sides and after coming back', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await room(alice, ['bob']);
  await send(alice, id, 'Helo');
  await send(alice, id, 'secret');
  await shows(id, ['Helo', 'secret'], alice, bob);
  const change = (page, act, ...rest) => page.evaluate(async ([one, name, given]) => {
    const [at, ...others] = given;
    await window.chat[name](window.chat.threads.get(one).messages[at], ...others);
  }, [id, act, rest]);
  await change(alice, 'edit', 0, 'Hello');
  await change(bob, 'react', 0, '👍');
  await change(alice, 'react', 0, '🎉');
  await change(alice, 'react', 0, '👍');
  await change(alice, 'retract', 1);
  await shows(id, ['Hello', '(retracted)'], alice, bob);
  const late = await open('bob');
  await late.evaluate((one) => window.chat.open(one), id);
  for (const [page, me] of [[alice, 'alice'], [bob, 'bob'], [late, 'bob']]) {
    await until(page, (one) => window.chat.threads.get(one).messages[0].reactions[0]?.people.length === 2, id);
    const [first] = (await thread(page, id)).messages;
    assert.deepEqual([first.text, first.edited, first.reactions], ['Hello', true, [['👍', ['bob', 'alice'], true]]], me);
  }
  // What one says oneself is not unread, whatever it is about; and the last of what was said is shown all the same.
  const short = await open('alice');
  await until(short, (one) => window.chat.threads.get(one).last?.text === null, id);
  for (const page of [alice, short]) assert.equal((await thread(page, id)).unread, 0);
  await change(bob, 'react', 0, '');
  await until(alice, (one) => window.chat.threads.get(one).messages[0].reactions[0].people.length === 1, id);
  assert.deepEqual((await thread(late, id)).messages.map((one) => one.text), ['Hello', null]);
  // Somebody else's: refused, and as before.
  const refused = await bob.evaluate(async (one) => {
    const [message] = window.chat.threads.get(one).messages;
    const error = await window.chat.edit(message, 'Mine now').catch((why) => why);
    return [error.status, error.temporary, message.text, message.changing];
  }, id);
  assert.deepEqual(refused, [403, false, 'Hello', false]);
});

test('reactions stand in the order in which they were made, in whatever order they come', () => {
  const person = (id) => ({ id });
  const people = { me: person('me'), get: (id) => (id === 'me' ? people.me : person(id)) };
  const about = newAbout();
  const message = { raw: { text: 'Well?' } };
  const react = (seq, id, text) => takeAbout(about, { seq, message: { sender: { id }, reaction: { text } } });
  const shown = () => {
    showMessage(message, about, people);
    return message.reactions.map((one) => [one.text, one.people.map((who) => who.id).join()]);
  };
  react(5, 'alice', '👍');
  react(4, 'bob', '🎉');
  react(2, 'me', '🎉');
  react(3, 'carol', '👍');
  assert.deepEqual(shown(), [['🎉', 'me,bob'], ['👍', 'carol,alice']]);
  about.own.push({ reaction: { text: '👍' } }); // on its way: the newest of all
  assert.deepEqual(shown(), [['👍', 'carol,alice,me'], ['🎉', 'bob']]);
});

test('what is said about a message that is still on its way waits for it', async () => {
  const alice = await open('alice');
  const id = await room(alice, ['bob']);
  await alice.evaluate(async (one) => {
    const message = window.chat.send(one, 'teh');
    await Promise.all([window.chat.edit(message, 'the'), window.chat.react(message, '👀')]);
  }, id);
  const [message] = (await thread(alice, id)).messages;
  assert.deepEqual([message.text, message.reactions], ['the', [['👀', ['alice'], true]]]);
});

test('who comes, goes, and how they are', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  await until(alice, () => window.chat.people.get('bob').available);
  await bob.evaluate(() => window.chat.setPresence({ show: 'dnd', status: 'busy' }));
  await until(alice, () => window.chat.people.get('bob').status === 'busy' && window.chat.people.get('bob').show === 'dnd');
  await bob.evaluate(() => window.chat.setPresence({ show: null }));
  await until(alice, () => window.chat.people.get('bob').show === null && window.chat.people.get('bob').status === 'busy');
  await bob.evaluate(() => window.chat.setPresence({ available: false }));
  await until(alice, () => !window.chat.people.get('bob').available);
  await bob.evaluate(() => window.chat.setPresence({ available: true, status: null }));
  await until(alice, () => window.chat.people.get('bob').available);
  assert.equal(await alice.evaluate(() => window.chat.people.get('bob').friend), true);
});

test('rooms: made, found, joined, led and left', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await alice.evaluate(async () => (await window.chat.createRoom({ subject: 'Plans', open: true, history: 'open' })).id);
  await send(alice, id, 'first');
  await allAre(alice, id, 'sent');
  const found = await bob.evaluate(async (one) => (await window.chat.findRooms()).rooms.find((each) => each.id === one), id);
  assert.deepEqual(found, { id, subject: 'Plans', memberCount: 1, joined: false });
  await bob.evaluate(async (one) => { await window.chat.join(one); await window.chat.open(one); }, id);
  await shows(id, ['first'], bob);
  await until(alice, (one) => window.chat.threads.get(one).memberCount === 2, id);
  assert.deepEqual((await thread(alice, id)).members, ['alice', 'bob']);
  await alice.evaluate((one) => window.chat.setRole(one, 'bob', 'moderator'), id);
  await until(bob, (one) => window.chat.threads.get(one).role === 'moderator', id);
  await bob.evaluate((one) => { window.chat.setSubject(one, 'New plans'); }, id);
  await until(alice, (one) => window.chat.threads.get(one).subject === 'New plans', id);
  await shows(id, ['first', '(New plans)'], alice, bob);
  assert.equal(await alice.evaluate((one) => window.chat.threads.get(one).messages[1].kind, id), 'subject');
  const members = await alice.evaluate(async (one) => (await window.chat.members(one)).map(({ person, role }) => [person.id, role]), id);
  assert.deepEqual(members, [['alice', 'owner'], ['bob', 'moderator']]);
  await alice.evaluate((one) => window.chat.setRole(one, 'bob', 'none'), id);
  await until(bob, (one) => !window.chat.threads.has(one), id);
  await until(alice, (one) => window.chat.threads.get(one).memberCount === 1, id);
  await bob.evaluate(async (one) => { await window.chat.join(one); await window.chat.leave(one); }, id);
  assert.equal(await bob.evaluate((one) => window.chat.threads.has(one), id), false);
});

/** Let a page ask for what its lists have under this name, and keep the answer; what gives it to the page. */
async function askAndHold(page, name, id) {
  const asked = new Promise((resolve) => { page.route('**/threads?*', resolve, { times: 1 }); });
  await page.evaluate(([one, what]) => { window.late = window.chat.own.lists[what](one).then(() => {}); }, [id, name]);
  const route = await asked;
  const response = await route.fetch();
  return async () => {
    await route.fulfill({ response });
    await page.evaluate(() => window.late);
  };
}

for (const name of ['thread', 'unknown', 'load']) {
  test(`a room that one leaves while a list is on its way does not come back by that: ${name}`, async () => {
    const alice = await open('alice');
    const bob = await open('bob');
    const id = await room(alice, ['bob']);
    const isIn = (one) => window.chat.threads.has(one);
    await until(bob, isIn, id);
    const answer = await askAndHold(bob, name, id);
    await bob.evaluate((one) => window.chat.leave(one), id);
    assert.equal(await bob.evaluate(isIn, id), false);
    await answer();
    assert.equal(await bob.evaluate(isIn, id), false);
    // Who is back before the answer is, is in it.
    await alice.evaluate((one) => window.chat.setRole(one, 'bob', 'guest'), id);
    await until(bob, isIn, id);
    const again = await askAndHold(bob, name, id);
    await bob.evaluate((one) => window.chat.leave(one), id);
    await alice.evaluate((one) => window.chat.setRole(one, 'bob', 'guest'), id);
    await until(bob, isIn, id);
    await again();
    assert.equal(await bob.evaluate(isIn, id), true);
  });
}

test('what is refused fails, can be tried again or taken away, and holds up nobody', async () => {
  const alice = await open('alice');
  const id = await room(alice, ['bob']);
  const other = await room(alice, []);
  await alice.evaluate((one) => window.chat.setRole(one, 'alice', 'none'), other);
  await until(alice, (one) => !window.chat.threads.has(one), other);
  const long = 'x'.repeat(70000);
  const fate = await alice.evaluate(([one, text]) => {
    window.failing = window.chat.send(one, text);
    window.chat.send(one, 'after');
    return new Promise((resolve) => {
      window.chat.addEventListener('change', ({ detail }) => {
        if (detail.message.state === 'failed') resolve([detail.message.error.status, detail.message.error.temporary]);
      });
    });
  }, [id, long]);
  assert.deepEqual(fate, [413, false]);
  await shows(id, ['after', long], alice);
  await alice.evaluate(() => { window.chat.retry(window.failing); });
  await until(alice, () => window.failing.state === 'failed');
  await alice.evaluate(() => { window.chat.discard(window.failing); });
  await shows(id, ['after'], alice);
});

test('what the server has a fault with holds up its thread only', async () => {
  const alice = await open('alice');
  const [one, other] = [await room(alice, []), await room(alice, [])];
  const folder = `${site.spool}/threads/${one}/tmp`;
  await rename(folder, `${folder}.lost`);
  await send(alice, one, 'first');
  await send(alice, one, 'behind it');
  await send(alice, other, 'elsewhere');
  await allAre(alice, other, 'sent');
  assert.deepEqual((await thread(alice, one)).messages.map((message) => message.state), ['sending', 'sending']);
  // Between two tries: one under way may still succeed.
  await until(alice, (id) => {
    const [item] = window.chat.own.outbox.items;
    if (!item.nap?.end) return false;
    window.chat.discard(window.chat.threads.get(id).messages[0]);
    return true;
  }, one);
  await rename(`${folder}.lost`, folder);
  await allAre(alice, one, 'sent');
  await shows(one, ['behind it'], alice);
});

test('stopped before it has begun: that rejects', async () => {
  const alice = await open('alice', { started: false });
  const fate = await alice.evaluate(async () => {
    const begun = window.chat.start().then(() => 'begun', (error) => error.message);
    await new Promise((resolve) => {
      const { lists } = window.chat.own;
      const load = lists.load.bind(lists);
      lists.load = () => { resolve(); return load(); };
    });
    window.chat.stop();
    return begun;
  });
  assert.equal(fate, 'stopped');
});

test('history comes a page at a time, without gaps, and with what was said about it later', async () => {
  const alice = await open('alice');
  const id = await room(alice, ['bob']);
  const texts = Array.from({ length: 25 }, (_, i) => `text ${i}`);
  await alice.evaluate(([one, list]) => list.forEach((text) => window.chat.send(one, text)), [id, texts]);
  await allAre(alice, id, 'sent');
  await alice.evaluate(async (one) => {
    const [first] = window.chat.threads.get(one).messages;
    await window.chat.edit(first, 'text zero');
    await window.chat.react(first, '👍');
  }, id);
  const late = await open('bob', { query: '?page=10' });
  await late.evaluate((one) => window.chat.open(one), id);
  for (let more = true; more;) {
    // Two at a time are one.
    const [one, two] = await late.evaluate((which) => Promise.all([window.chat.older(which), window.chat.older(which)]), id);
    assert.equal(one, two);
    more = one;
  }
  await shows(id, ['text zero', ...texts.slice(1)], late);
  const [first] = (await thread(late, id)).messages;
  assert.deepEqual([first.edited, first.reactions], [true, [['👍', ['alice'], false]]]);
  assert.equal((await thread(late, id)).more, false);
});

test('files: put into a thread, told how far, said, and fetched', async () => {
  const alice = await open('alice');
  const bob = await open('bob');
  const id = await room(alice, ['bob']);
  await alice.evaluate((one) => {
    const bytes = new Uint8Array(3000000).fill(65);
    window.sent = window.chat.send(one, { text: 'look', files: [new File([bytes], 'big ä.bin'), new File(['small'], 's.txt', { type: 'text/plain' })] });
    window.chat.send(one, 'behind it');
  }, id);
  assert.deepEqual(await alice.evaluate(() => window.sent.attachments.map((one) => one.displayName)), ['big ä.bin', 's.txt']);
  await shows(id, ['look', 'behind it'], alice, bob);
  const got = await bob.evaluate(async (one) => {
    const [message] = window.chat.threads.get(one).messages;
    const bodies = await Promise.all(message.attachments.map(async (file) => (await (await fetch(window.chat.attachmentUrl(file))).text())));
    return [message.attachments.map((file) => [file.displayName, file.mimeType, file.fileSize]), bodies.map((body) => body.length), bodies[1]];
  }, id);
  assert.deepEqual(got, [
    [['big ä.bin', 'application/octet-stream', 3000000], ['s.txt', 'text/plain', 5]], [3000000, 5], 'small',
  ]);
  const steps = await alice.evaluate(() => [window.sent.progress, window.sent.state]);
  assert.deepEqual(steps, [null, 'sent']);
  const direct = await alice.evaluate(async (one) => {
    const seen = [];
    const file = await window.chat.upload(one, new Blob(['abc']), { name: 'x', progress: (done, total) => seen.push([done, total]) });
    return [file.fileSize, seen.pop(), window.chat.attachmentUrl({ url: 'https://elsewhere.example/attachment/x' }),
      window.chat.attachmentUrl({ url: 'javascript:alert(1)' }), window.chat.attachmentUrl({})];
  }, id);
  assert.deepEqual(direct, [3, [3, 3], null, null, null]);
});
