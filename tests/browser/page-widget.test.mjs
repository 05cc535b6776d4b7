// SPDX-License-Identifier: MIT
// check: waits
//
// The chat inside of another page of the site: one line of markup, nothing of the page's styles in it, nothing of its
// own around it, and the same policy.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPages } from './page.mjs';

let pages;

before(async () => {
  pages = await startPages();
});

after(() => pages?.stop());

test('a script with data-people is a conversation with them', async () => {
  const bob = await (await pages.open('bob')).ready();
  const alice = await pages.open('alice', { address: '/widget.html' });
  await alice.page.locator('spool-chat .thread-title h2', { hasText: 'Bob' }).waitFor();
  assert.equal(await alice.page.locator('.side').count(), 0);
  await alice.say('From the widget');
  await bob.openThread('Alice');
  await bob.sees('From the widget');
  await bob.tell((await bob.ask('threads')).threads[0].id, { type: 'html', text: '<b id="x">bold</b><img src=x onerror="window.ran=1">' });
  await alice.page.locator('spool-chat .markup b', { hasText: 'bold' }).waitFor();
  const styles = await alice.composer.evaluate((node) => {
    const { color, textTransform } = getComputedStyle(node);
    return { color, textTransform, title: document.title, styled: document.querySelectorAll('.sc').length };
  });
  assert.notEqual(styles.color, 'rgb(200, 0, 0)');
  assert.deepEqual({ ...styles, color: '' }, { color: '', textTransform: 'none', title: 'A page of the site', styled: 0 });
  await alice.expectNoViolation();
  await alice.page.context().close();
  await bob.page.context().close();
});

test('an element may come later, show a room or all, and go', async () => {
  const bob = await pages.open('bob', { address: '/widget.html' });
  const room = (await bob.ask('start-session', { subject: 'Lobby', open: true })).thread_id;
  const alice = await pages.open('alice', { address: '/widget.html' });
  await alice.page.locator('spool-chat .thread-title').waitFor();
  await alice.page.evaluate((thread) => {
    document.querySelector('spool-chat').remove();
    for (const name of ['thread', 'all']) {
      const node = document.createElement('spool-chat');
      node.id = `the-${name}`;
      if (name === 'thread') node.setAttribute('thread', thread);
      document.querySelector('main').append(node);
    }
  }, room);
  await alice.page.locator('#the-thread .thread-title h2', { hasText: 'Lobby' }).waitFor();
  await alice.page.locator('#the-all .side .threads li', { hasText: 'Lobby' }).waitFor();
  await alice.page.locator('#the-thread textarea').fill('Anybody here?');
  await alice.page.locator('#the-thread textarea').press('Enter');
  await alice.page.locator('#the-all .side .threads li', { hasText: 'Anybody here?' }).waitFor();
  await alice.page.evaluate(() => document.querySelectorAll('spool-chat').forEach((one) => one.remove()));
  await alice.expectNoViolation();
  await alice.page.context().close();
  await bob.page.context().close();
});
