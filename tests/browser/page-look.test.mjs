// SPDX-License-Identifier: MIT
// check: waits
//
// How the page looks: pictures of it in build/check/look, from phone to desktop, light and dark, for people to look at.
// What a test can see of it: nothing sticks out to the side, and no text is cut off that should not be. With
// SCREENSHOT=web/page.png it makes the picture of the README, too.

import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { picture } from './picture.mjs';
import { startPages } from './page.mjs';

const look = new URL('../../build/check/look/', import.meta.url).pathname;
const web = new URL('../../build/web/', import.meta.url).pathname;
const browserName = process.env.BROWSER ?? 'chromium';

let pages;
let room;

before(async () => {
  await mkdir(look, { recursive: true });
  pages = await startPages();
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map(pages.member);
  for (const one of [bob, carol]) await one.ask('stream?wait=0'); // they are here for a minute then
  await bob.ask('presence', { type: 'presence', presence: { available: true, show: 'away', status: 'Out for lunch' } });
  room = (await alice.ask('start-session', { user: ['bob', 'carol'], subject: 'Garden club', open: true })).thread_id;
  const pair = (await bob.ask('start-session', { user: ['alice'] })).thread_id;
  await bob.tell(pair, { text: 'Can you lend me the big ladder on Saturday?' });
  await converse(alice, bob, carol);
});

after(async () => {
  // Who takes the pictures puts a style into the page, which its policy refuses, as it should; Firefox tells of it.
  const others = pages?.faults.filter((one) => !one.includes('blocked an inline style')) ?? [];
  pages?.faults.splice(0, pages.faults.length, ...others);
  await pages?.stop();
});

async function converse(alice, bob, carol) {
  await carol.tell(room, { text: 'Good morning! The tomatoes are coming along nicely 🍅' });
  await carol.tell(room, { text: 'Who has time on Saturday to help with the fence?' });
  await bob.tell(room, { text: 'I can come from ten. There is a plan at https://garden.example/fence-2026 if somebody wants to look first.' });
  const { seq } = await alice.tell(room, { text: 'Count me in. I bring the ladder and coffee.' });
  await bob.tell(room, { reaction: { to: seq, text: '❤️' } }, { type: 'reaction' });
  await carol.tell(room, { reaction: { to: seq, text: '❤️' } }, { type: 'reaction' });
  const upload = await fetch(`${pages.site.base}/attachment/${room}?name=The+fence.png`, {
    method: 'POST', body: picture(420, 260),
    headers: { Authorization: `Basic ${Buffer.from('carol:carol').toString('base64')}`, 'Content-Type': 'image/png' },
  });
  await carol.tell(room, { text: 'This is where it broke', attachments: [(await upload.json()).attachment] });
  await alice.tell(room, { text: 'Oh dear. We need four posts, I think.', inReplyTo: { seq: seq + 3, sender: 'carol' } });
  await bob.tell(room, { type: 'html', text: '<p>I get them. <b>Four posts</b>, <b>twelve boards</b>, one box of screws.</p>' });
  await alice.tell(room, { text: 'Perfect, see you both on Saturday! 🎉' });
}

/** Nothing is wider than where it stands, but what scrolls or is cut off on purpose. */
function wideElements() {
  const wide = [];
  for (const node of document.querySelectorAll('.sc *')) {
    const box = node.getBoundingClientRect();
    if (box.width > 1 && (box.right > window.innerWidth + 1 || box.left < -1)) wide.push(`${node.tagName}.${node.className}`);
  }
  return wide.concat(document.scrollingElement.scrollWidth > window.innerWidth ? ['the page scrolls aside'] : []);
}

async function shoot(chat, name) {
  await chat.page.evaluate(() => Promise.all(Array.from(document.images, (image) => image.decode().catch(() => {}))));
  assert.deepEqual(await chat.page.evaluate(wideElements), [], name);
  await chat.page.screenshot({ path: `${look}${browserName}-${name}.png`, caret: 'initial' });
}

for (const [width, height] of [[360, 740], [768, 1024], [1440, 900]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`${width} pixels, ${colorScheme}`, async () => {
      const alice = await (await pages.open('alice', { viewport: { width, height }, colorScheme })).ready();
      const name = `${width}-${colorScheme}`;
      await shoot(alice, `${name}-list`);
      await alice.openThread('Garden club');
      await alice.sees('see you both');
      await alice.page.locator('.picture img').waitFor();
      await alice.page.locator('.markup').waitFor();
      await alice.row('Count me in').hover();
      await shoot(alice, `${name}-room`);
      await alice.page.locator('.thread-title').click();
      await alice.page.locator('.panel .person').nth(2).waitFor();
      await shoot(alice, `${name}-members`);
      await alice.page.context().close();
    });
  }
}

test('other languages, other directions, dialogs, what waits', async () => {
  const alice = await (await pages.open('alice', { viewport: { width: 900, height: 700 }, locale: 'ar' })).ready();
  await alice.page.locator('.side .threads button', { hasText: 'Garden club' }).click();
  await alice.sees('see you both');
  await alice.row('see you both').hover();
  await shoot(alice, 'arabic');
  await alice.page.locator('.side-head .ib').click();
  await alice.page.locator('dialog select').first().selectOption('ja');
  await alice.page.locator('dialog h2', { hasText: '設定' }).waitFor();
  await shoot(alice, 'japanese-settings');
  await alice.page.keyboard.press('Escape');
  await alice.page.locator('.section-head .ib').last().click();
  await shoot(alice, 'japanese-new-room');
  await alice.page.context().close();
});

test('the page is small: less than 60 KB on its way, without the cleaner of html', async () => {
  let size = 0;
  for (const name of ['index.html', 'page.css', 'page.js', 'chat.js']) size += gzipSync(await readFile(`${web}${name}`)).length;
  assert.ok(size < 60000, `${size} bytes`);
});

test('a picture for the README', { skip: !process.env.SCREENSHOT }, async () => {
  const alice = await (await pages.open('alice', { viewport: { width: 1120, height: 700 }, locale: 'en-GB' })).ready();
  await alice.openThread('Garden club');
  await alice.page.locator('.markup').waitFor();
  await alice.composer.fill('Shall I bring a cake?');
  await alice.row('I get them').hover();
  await alice.page.evaluate(() => Promise.all(Array.from(document.images, (image) => image.decode())));
  await alice.page.screenshot({ path: process.env.SCREENSHOT, caret: 'initial' });
  assert.ok((await stat(process.env.SCREENSHOT)).size < 150000);
  await alice.page.context().close();
});
