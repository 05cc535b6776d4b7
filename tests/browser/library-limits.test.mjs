// SPDX-License-Identifier: MIT
// check: waits
//
// The library on a site that allows little: it waits as long as it is told to, and nothing is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allAre, how, isOnline, openLibrary, send, shows, until } from './library.mjs';
import { running, site, useSite } from './site.mjs';

useSite({ SPOOLCHAT_MESSAGES_PER_MINUTE: '6', SPOOLCHAT_USER_STREAMS: '1' });

test('too many messages a minute: those beyond it wait, in order', async () => {
  const alice = await openLibrary(running.browser, site, 'alice');
  const id = await alice.evaluate(async () => (await window.chat.createRoom({ subject: 'Room' })).id);
  const said = Array.from({ length: 8 }, (_, i) => `text ${i}`);
  for (const text of said) await send(alice, id, text);
  // The first that is refused is not failed.
  await until(alice, (one) => window.chat.threads.get(one).messages.filter((message) => message.seq !== null).length >= 4, id);
  const waiting = await alice.evaluate((one) => window.chat.threads.get(one).messages.at(-1).state, id);
  assert.equal(waiting, 'sending');
  await site.tell('forward 60');
  await alice.evaluate(() => window.chat.reconnect());
  await allAre(alice, id, 'sent');
  await shows(id, said, alice);
  // It asks again when it may, not all the time.
  const sends = await alice.evaluate(() => window.counted.sends);
  assert.ok(sends < 20, `asked ${sends} times for ${said.length}`);
  await alice.context().close();
});

test('too many streams: it says when it will come again, and does', async () => {
  const one = await openLibrary(running.browser, site, 'bob', { query: '?share=no' });
  const two = await openLibrary(running.browser, site, 'bob', { query: '?share=no', beside: one, started: false });
  await two.evaluate(() => { window.chat.start(); });
  // It was told so at once, and asks again after some seconds, not before.
  await until(two, () => window.chat.connection.state === 'offline' && window.chat.connection.retryAt > Date.now() + 5000);
  assert.equal(await how(one), 'events');
  await one.evaluate(() => window.chat.stop());
  for (const deadline = Date.now() + 40000; await how(two) !== 'events';) {
    assert.ok(Date.now() < deadline);
    await two.evaluate(() => window.chat.reconnect());
    await two.waitForFunction(() => window.chat.connection.state !== 'connecting');
  }
  await isOnline(two);
  await one.context().close();
});
