// SPDX-License-Identifier: MIT
// check: waits
//
// Nothing that somebody says runs, loads or looks like the page, whatever its type (hostile.mjs); and what is said
// is still there to be read. Under `default-src 'self'`, without one violation: the page does not lean on it.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { harm, MESSAGES, NO_HARM, TEXTS, touch } from './hostile.mjs';
import { startPages } from './page.mjs';

let pages;
let alice;
let bob;
let bare;
let thread;

before(async () => {
  pages = await startPages();
  bob = pages.member('bob');
  // What the site's owner, or an application, let somebody call themselves.
  await writeFile(`${pages.site.spool}/users/bob/profile.json`, JSON.stringify({
    displayName: '<img src=x onerror="window.ran=1">Bob', url: 'javascript:window.ran=1', image: { url: 'https://evil.example/face.png' },
  }));
  alice = await (await pages.open('alice')).ready();
  thread = (await bob.ask('start-session', { user: ['alice'] })).thread_id;
  await bob.tell(thread, { text: 'Good day' });
  await alice.openThread('Bob');
  // The same without any policy, where the browser can be told so: nothing is left to it.
  if (process.env.BROWSER !== 'firefox') {
    bare = await (await pages.open('alice', { bypassCSP: true })).ready();
    await bare.openThread('Bob');
  }
});

after(async () => {
  await pages?.stop(); // tells of dialogs, of errors of scripts, and of what was asked from elsewhere
});

/** What the page did that it must not do. */
async function expectHarmless() {
  await alice.expectNoViolation();
  for (const chat of [alice, bare]) if (chat) await expectNothing(chat);
}

async function expectNothing(chat) {
  assert.deepEqual(await chat.page.evaluate(harm), NO_HARM);
}

/** Everything is touched: pointers go over it, and it is scrolled by. */
async function touchAll(chat, type) {
  await chat.sees(`the end of ${type}`);
  if (type === 'html') await chat.until(() => document.querySelectorAll('.log .markup').length > 30);
  await chat.page.evaluate(touch);
}

for (const type of ['plain', 'rst', 'html']) {
  test(`${TEXTS.length} hostile texts as ${type}`, async () => {
    for (const text of TEXTS) await bob.tell(thread, { text, type });
    await bob.tell(thread, { text: `the end of ${type}` });
    for (const chat of [alice, bare]) if (chat) await touchAll(chat, type);
    await expectHarmless();
  });
}

test('plain text and rst are shown as they were written', async () => {
  await alice.page.locator('.jump').evaluate((button) => button.click());
  const text = '<b>not bold</b> &amp; *neither* <script>x</script>';
  for (const type of ['plain', 'rst']) await bob.tell(thread, { text: `${type} ${text}`, type });
  for (const type of ['plain', 'rst']) {
    await alice.sees(`${type} ${text}`);
    assert.equal(await alice.row(`${type} ${text}`).locator('.text > *').count(), 0);
  }
});

test('html that means well stays: emphasis, lists, tables, links that tell nothing', async () => {
  await bob.tell(thread, { type: 'html', text: '<p>A <em>good</em> <a href="https://good.example/" onclick="window.ran=1" class="x">link</a></p><ul><li>one</ul><table><tr><td>cell</table>' });
  const row = alice.row('A good link');
  await row.locator('.markup em').waitFor();
  assert.equal(await row.locator('.markup li, .markup td').count(), 2);
  const cells = '<table><tr><td colspan="2" rowspan="3">x</table><ol start="4"><li>x</ol><p lang="ar" dir="rtl" title="t">Kept</p>';
  await bob.tell(thread, { type: 'html', text: cells });
  await alice.row('Kept').locator('.markup').waitFor();
  const kept = await alice.row('Kept').locator('.markup :is(td, ol, p)').evaluateAll((all) => all.map((one) => Array.from(one.attributes, (each) => `${each.name}=${each.value}`).sort().join(' ')));
  assert.deepEqual(kept, ['colspan=2 rowspan=3', 'start=4', 'dir=rtl lang=ar title=t']);
  await bob.tell(thread, { type: 'html', text: '<p>Put the lid on style="x" onto one=1</p>' });
  await alice.sees('Put the lid on style="x" onto one=1');
  const link = await row.locator('a').evaluate((one) => Array.from(one.attributes, (each) => `${each.name}=${each.value}`).sort());
  assert.deepEqual(link, ['href=https://good.example/', 'rel=noopener noreferrer nofollow', 'target=_blank']);
});

test('links in plain text: where they end, and which are none', async () => {
  const cases = [
    ['see https://a.example/b_(c).', ['https://a.example/b_(c)']],
    ['(https://a.example/b)', ['https://a.example/b']],
    ['www.a.example, and a@b.example!', ['https://www.a.example/', 'mailto:a@b.example']],
    ['https://a.example/?q="x"', ['https://a.example/?q=']],
    ['ftp://a.example javascript:alert(1) data:text/html,x', []],
    ['http:// https://[ www.', []],
    ['ünïcödé https://ä.example/ß', ['https://xn--4ca.example/%C3%9F']],
  ];
  for (const [text, links] of cases) {
    await bob.tell(thread, { text });
    const row = alice.rows.last();
    await alice.until((wanted) => Array.from(document.querySelectorAll('.log .text'), (one) => one.textContent).includes(wanted), text);
    assert.deepEqual(await row.locator('.text a').evaluateAll((all) => all.map((one) => one.href)), links, text);
  }
});

test('everything else that somebody decides', async () => {
  const rooms = await bob.ask('start-session', { user: ['alice'], subject: '<img src=x onerror="window.ran=1">', open: true });
  for (const message of MESSAGES) await bob.tell(thread, message);
  await bob.tell(thread, { reaction: { to: 1, text: '<img src=x>' } }, { type: 'reaction' });
  await bob.tell(rooms.thread_id, { text: '<b>room</b>' });
  await bob.tell(thread, { text: 'the end of all' });
  await alice.sees('the end of all');
  await expectHarmless();
  assert.equal(await alice.page.locator('.log a.file[href*="token"], .log a.picture[href*="evil"]').count(), 0);
  await alice.page.locator('.side .threads li', { hasText: '<img src=x' }).first().waitFor();
  await alice.page.getByRole('button', { name: 'Find a room' }).click();
  await alice.page.locator('dialog .rooms li', { hasText: '<img src=x' }).waitFor();
  await expectHarmless();
});
