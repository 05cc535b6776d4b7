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
  // The page's own cleaner of html is not asked, and stays.
  await alice.page.evaluate(() => { window.DOMPurify = 'theirs'; });
  await bob.tell((await bob.ask('threads')).threads[0].id, { type: 'html', text: '<b id="x">bold</b><img src=x onerror="window.ran=1">' });
  await alice.page.locator('spool-chat .markup b', { hasText: 'bold' }).waitFor();
  assert.equal(await alice.page.evaluate(() => window.DOMPurify), 'theirs');
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
  // Who is sent away, and comes back.
  await bob.ask(`members/${room}`, { user: 'alice', role: 'none' });
  await alice.page.locator('#the-thread .empty', { hasText: 'no longer' }).waitFor();
  await alice.page.locator('#the-thread .empty button', { hasText: 'Join' }).click();
  await alice.page.locator('#the-thread .thread-title h2', { hasText: 'Lobby' }).waitFor();
  await alice.page.evaluate(() => document.querySelectorAll('spool-chat').forEach((one) => one.remove()));
  await alice.expectNoViolation();
  await alice.page.context().close();
  await bob.page.context().close();
});

test('an element that is moved while it begins, and whose first requests fail, begins all the same', async () => {
  const alice = await pages.open('alice', { address: '/index.html' });
  await alice.page.route('**/start-session', (route) => route.fulfill({ status: 500 }));
  await alice.page.evaluate(() => {
    const script = document.createElement('script');
    script.src = '/chat/widget.js';
    document.head.append(script);
    const node = document.createElement('spool-chat');
    node.setAttribute('people', 'bob');
    document.body.append(node);
    script.onload = () => {
      const box = document.createElement('div');
      document.body.append(box);
      box.append(node);
    };
  });
  await alice.page.locator('spool-chat .empty', { hasText: 'fault' }).waitFor();
  // When the connection stands it tries again by itself; the button is for who waits after that.
  await alice.until(() => document.querySelector('spool-chat').chat.connection.state === 'online');
  await alice.page.locator('spool-chat .empty button', { hasText: 'Try again' }).waitFor();
  await alice.page.unroute('**/start-session');
  await alice.page.locator('spool-chat .empty button', { hasText: 'Try again' }).click();
  await alice.page.locator('spool-chat .thread-title h2', { hasText: 'Bob' }).waitFor();
  await alice.page.context().close();
});

test('read is what stood where somebody could see it', async () => {
  const bob = await (await pages.open('bob')).ready();
  await bob.openThread('Alice');
  const alice = await pages.open('alice', { address: '/widget.html' });
  await alice.page.locator('spool-chat .thread-title h2', { hasText: 'Bob' }).waitFor();
  await alice.page.bringToFront(); // not in every browser two pages have the focus
  const unread = () => alice.page.evaluate(() => [...document.querySelector('spool-chat').chat.threads.values()].map((one) => one.unread));
  await alice.until(() => [...document.querySelector('spool-chat').chat.threads.values()].every((one) => !one.unread));
  await alice.page.evaluate(() => {
    const far = document.createElement('div');
    far.id = 'far';
    document.querySelector('main').prepend(far);
    document.styleSheets[0].insertRule('#far { height: 5000px }');
  });
  await alice.until(() => !document.querySelector('spool-chat').app.view.inSight);
  await bob.say('Far below');
  await alice.sees('Far below');
  assert.equal(Math.max(...await unread()), 1);
  await alice.page.locator('spool-chat').scrollIntoViewIfNeeded();
  await bob.row('Far below').locator('.state.read').waitFor();
  // Higher than any window: its end is what counts.
  await alice.page.evaluate(() => {
    document.styleSheets[0].insertRule('#far, spool-chat { height: 3000px !important; max-height: none !important }', document.styleSheets[0].cssRules.length);
    document.querySelector('spool-chat').scrollIntoView({ block: 'start' });
  });
  await alice.until(() => !document.querySelector('spool-chat').app.view.inSight);
  await bob.say('At the end of it');
  await alice.sees('At the end of it');
  assert.equal(Math.max(...await unread()), 1);
  await alice.page.evaluate(() => document.querySelector('spool-chat').scrollIntoView({ block: 'end' }));
  await bob.row('At the end of it').locator('.state.read').waitFor();
  await alice.page.context().close();
  await bob.page.context().close();
});
