// SPDX-License-Identifier: MIT
// check: waits
//
// The page for who has no mouse, reads it by ear, writes from right to left, or wants no motion.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { startPages } from './page.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const HEADS = { en: 'People', de: 'Personen', es: 'Personas', fr: 'Personnes', ar: 'الأشخاص', ja: 'メンバー' };

let pages;
let alice;
let bob;
let room;

before(async () => {
  pages = await startPages();
  bob = await (await pages.open('bob')).ready();
  alice = await (await pages.open('alice')).ready();
  const thread = (await bob.ask('start-session', { user: ['alice'] })).thread_id;
  room = (await bob.ask('start-session', { user: ['alice', 'carol'], subject: 'Reading circle', open: true })).thread_id;
  const { seq } = await bob.tell(thread, { text: 'Have you read https://a.example/ ?' });
  await bob.tell(thread, { type: 'html', text: '<p>It is <b>good</b></p><ul><li>short</ul>' });
  await alice.tell(thread, { text: 'Not yet', inReplyTo: { seq } });
  await alice.tell(thread, { reaction: { to: seq, text: '👍' } }, { type: 'reaction' });
  await bob.tell(thread, { text: 'A file', attachments: [{ objectType: 'file', displayName: 'Notes.txt', fileSize: 2048 }] });
  await bob.tell(room, { text: 'Welcome' });
});

after(async () => {
  for (const chat of [alice, bob]) await chat?.expectNoViolation();
  await pages?.stop();
});

/** What axe-core finds: rule, what it is about, and where. */
async function audit(chat, where) {
  const found = await chat.page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'],
    });
    return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(' ')}: ${node.failureSummary}`));
  });
  assert.deepEqual(found, [], where);
}

for (const colorScheme of ['light', 'dark']) {
  for (const [width, locale] of [[1280, 'en'], [360, 'ar']]) {
    test(`axe-core finds nothing: ${colorScheme}, ${width} pixels, ${locale}`, async () => {
      const chat = await (await pages.open('alice', { colorScheme, locale, viewport: { width, height: 800 } })).ready();
      await chat.page.evaluate(axe);
      await chat.page.locator('.side h2', { hasText: HEADS[locale] }).waitFor();
      await bob.tell(room, { text: 'Are you there?' }); // a conversation with something unread
      await chat.page.locator('.side .threads .badge').first().waitFor();
      await audit(chat, 'the list');
      await chat.page.locator('.side .threads .name', { hasText: 'Bob' }).click();
      await chat.sees('Not yet');
      await chat.page.locator('.markup li').waitFor();
      await chat.row('Not yet').hover();
      await audit(chat, 'a conversation');
      await chat.page.locator('.tools .icon-smile').click();
      await audit(chat, 'emoji');
      await chat.page.keyboard.press('Escape');
      if (width < 640) await chat.page.locator('.back').click();
      await chat.page.locator('.side .threads button', { hasText: 'Reading circle' }).click();
      await chat.page.locator('.thread-title').click();
      await chat.page.locator('.panel .person').nth(2).waitFor();
      await audit(chat, 'members');
      await chat.page.keyboard.press('Escape');
      if (width < 640) await chat.page.locator('.back').click();
      for (const dialog of ['.side-head .ib', '.me', '.section-head .ib >> nth=0', '.section-head .ib >> nth=1']) {
        await chat.page.locator(dialog).click();
        await chat.page.locator('dialog').waitFor();
        await audit(chat, dialog);
        await chat.page.keyboard.press('Escape');
        await chat.page.locator('dialog').waitFor({ state: 'detached' });
      }
      await chat.expectNoViolation();
      await chat.page.context().close();
    });
  }
}

/** What has the focus, as a screen reader would name it. */
const focus = (chat) => chat.page.evaluate(() => {
  const node = document.activeElement;
  const seen = node.cloneNode(true);
  seen.querySelectorAll('[aria-hidden="true"]').forEach((one) => one.remove());
  return node.getAttribute('aria-label') || (node.labels && node.labels[0] && node.labels[0].innerText) || seen.textContent.trim() || node.tagName;
});

/** Press `key` until what has the focus is called so. */
async function press(chat, key, wanted) {
  const seen = [];
  for (let i = 0; i < 40; i += 1) {
    await chat.page.keyboard.press(key);
    seen.push(await focus(chat));
    if (wanted.test(seen.at(-1))) return;
  }
  assert.fail(`no ${wanted} by ${key}: ${JSON.stringify(seen)}`);
}

test('by keyboard alone: find a person, write, answer, react, correct, leave', async () => {
  const chat = await (await pages.open('carol', { viewport: { width: 1000, height: 700 } })).ready();
  const { keyboard } = chat.page;
  await press(chat, 'Tab', /^Search$/);
  await keyboard.type('Ali');
  await chat.page.locator('.side .people li').first().filter({ hasText: 'Alice' }).waitFor();
  await press(chat, 'Tab', /^Alice/);
  await keyboard.press('Enter');
  await chat.page.locator('.thread-title h2', { hasText: 'Alice' }).waitFor();
  assert.match(await focus(chat), /^Message to Alice/);
  await keyboard.type('Typed by kez');
  await keyboard.press('Enter');
  await chat.row('Typed by kez').locator('.state.sent').waitFor();
  assert.match(await focus(chat), /^Message to Alice/);
  await keyboard.press('ArrowUp'); // the last one of one's own
  await keyboard.press('Backspace');
  await keyboard.type('y');
  await keyboard.press('Enter');
  await chat.row('Typed by key').locator('.meta', { hasText: 'edited' }).waitFor();
  const thread = (await chat.ask('threads')).threads.find((one) => one.memberCount === 2).id;
  const { seq } = await alice.tell(thread, { text: 'I see' });
  await chat.sees('I see');
  await press(chat, 'Shift+Tab', /^Messages$/);
  await press(chat, 'ArrowUp', /I see/);
  await keyboard.press('Enter');
  assert.match(await focus(chat), /^React with/);
  await keyboard.press('Enter');
  await chat.row('I see').locator('.reaction').waitFor();
  await press(chat, 'ArrowRight', /^Reply$/);
  // What others do with the message meanwhile leaves one at the button where one is.
  await alice.tell(thread, { reaction: { to: seq, text: '🎉' } }, { type: 'reaction' });
  await chat.row('I see').locator('.reaction', { hasText: '🎉' }).waitFor();
  assert.equal(await focus(chat), 'Reply');
  await keyboard.press('Enter');
  assert.match(await focus(chat), /^Message to Alice/);
  await keyboard.type('Good');
  await keyboard.press('Enter');
  await chat.row('Good').locator('.quote', { hasText: 'I see' }).waitFor();
  await press(chat, 'Shift+Tab', /^Messages$/);
  await press(chat, 'ArrowUp', /Good/);
  await press(chat, 'ArrowUp', /I see/);
  await keyboard.press('Enter');
  await keyboard.press('Escape');
  assert.match(await focus(chat), /I see/);
  await keyboard.press('Alt+ArrowDown');
  await chat.page.locator('.thread-title h2', { hasText: 'Reading circle' }).waitFor();
  await press(chat, 'Shift+Tab', /^Reading circle/);
  await keyboard.press('Enter');
  assert.equal(await focus(chat), 'Close');
  await press(chat, 'Tab', /^Leave$/);
  await keyboard.press('Enter');
  await press(chat, 'Tab', /^Leave$/);
  await keyboard.press('Enter');
  await chat.page.locator('.side .threads li', { hasText: 'Reading circle' }).waitFor({ state: 'detached' });
  await chat.page.context().close();
});

test('news do not take the focus away, wherever it is', async () => {
  await alice.openThread('Bob');
  await bob.openThread('Alice');
  await alice.page.locator('.side .threads button').last().focus();
  assert.match(await focus(alice), /^Bob/);
  await bob.say('Does it move?');
  await alice.sees('Does it move?');
  await alice.page.locator('.side .threads li', { hasText: 'Does it move?' }).waitFor();
  assert.match(await focus(alice), /^Bob/);
  await alice.row('Does it move?').focus();
  await bob.act('Does it move?', 'React with 👍');
  await alice.row('Does it move?').locator('.reaction').waitFor();
  assert.match(await focus(alice), /Does it move\?/);
  await bob.row('Does it move?').hover();
});

test('a button that opens something says so, and closes it again', async () => {
  const smile = alice.page.locator('.composer button[aria-haspopup]');
  for (const [open, count] of [['true', 1], ['false', 0]]) {
    await smile.click();
    assert.deepEqual([await smile.getAttribute('aria-expanded'), await alice.page.locator('.popup').count()], [open, count]);
  }
  await alice.page.locator('.thread-title').click();
  await bob.ask('presence', { type: 'presence', presence: { available: true, status: 'Reading' } });
  await alice.page.locator('.thread-title .subtitle', { hasText: 'Reading' }).waitFor();
  assert.equal(await alice.page.locator('.thread-title').getAttribute('aria-expanded'), 'true');
  await alice.page.keyboard.press('Escape');
});

test('a screen reader hears what is new, and not what is old', async () => {
  const log = alice.page.locator('.log');
  assert.equal(await log.getAttribute('role'), 'log');
  await alice.until(() => document.querySelector('.log').getAttribute('aria-live') === 'polite');
  assert.equal(await alice.page.getByRole('textbox', { name: 'Message to Bob' }).count(), 1);
  assert.equal(await alice.page.getByRole('log', { name: 'Messages' }).count(), 1);
  const names = await alice.page.locator('.log .row').first().innerText();
  assert.match(names, /Bob/);
  const hushed = (text) => alice.row(text).last().getAttribute('aria-live');
  await bob.say('Say this aloud');
  await alice.sees('Say this aloud');
  assert.equal(await log.getAttribute('aria-live'), 'polite');
  assert.equal(await hushed('Say this aloud'), null);
  assert.equal(await hushed('Not yet'), 'off');
  // The same again, with something about it, is nothing new.
  await bob.act('Say this aloud', 'React with 😂');
  await alice.row('Say this aloud').locator('.reaction').waitFor();
  assert.equal(await hushed('Say this aloud'), 'off');
  // Nor does somebody who goes to the end silence what comes next.
  const { live } = await alice.page.evaluate(() => {
    const node = document.querySelector('.log');
    node.scrollTop = 0;
    document.querySelector('.jump').click();
    return { live: node.getAttribute('aria-live') };
  });
  assert.equal(live, 'polite');
});

test('Arabic turns the page around; each text keeps its own direction', async () => {
  const chat = await (await pages.open('alice', { locale: 'ar-EG' })).ready();
  assert.deepEqual(await chat.page.evaluate(() => [document.documentElement.dir, document.documentElement.lang]), ['rtl', 'ar']);
  await chat.page.locator('.side .threads .name', { hasText: 'Bob' }).click();
  await chat.sees('Not yet');
  await chat.say('مرحبا');
  await chat.row('مرحبا').locator('.state').waitFor();
  const sides = await chat.page.evaluate(() => {
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    const texts = Array.from(document.querySelectorAll('.log .text'));
    const directionOf = (words) => getComputedStyle(texts.find((one) => one.textContent.includes(words))).direction;
    return {
      side: box('.side').left > box('.main').left,
      mine: box('.row.mine .bubble').left < box('.row:not(.mine) .bubble').left,
      english: directionOf('Not yet'), arabic: directionOf('مرحبا'),
    };
  });
  assert.deepEqual(sides, { side: true, mine: true, english: 'ltr', arabic: 'rtl' });
  await chat.page.context().close();
});

test('six languages: every string in each, chosen by the browser or by the reader', async () => {
  for (const locale of ['de', 'es', 'fr', 'ja']) { // the others are above
    const chat = await pages.open('alice', { locale });
    await chat.page.locator('.side h2', { hasText: HEADS[locale] }).waitFor();
    await chat.page.context().close();
  }
  await alice.page.locator('.side-head .ib').click();
  await alice.page.locator('dialog select').first().selectOption('de');
  await alice.page.locator('.side h2', { hasText: 'Personen' }).waitFor();
  // Arrow keys go from one to the next: the list stays where it is, and has the focus.
  assert.equal(await focus(alice), 'Sprache');
  const head = await alice.page.locator('.thread-title h2').innerText();
  await alice.page.keyboard.press('Alt+ArrowDown');
  assert.equal(await alice.page.locator('.thread-title h2').innerText(), head);
  await alice.page.reload();
  await alice.page.locator('.side h2', { hasText: 'Personen' }).waitFor();
  const { LANGUAGES, STRINGS } = await import('../../web/page/strings.js');
  for (const [key, row] of Object.entries(STRINGS)) {
    assert.equal(row.length, LANGUAGES.length, key);
    const names = (words) => Array.from(String(typeof words === 'object' ? words.other : words).matchAll(/\{\w+\}/g), String).sort();
    for (const words of row) assert.ok(words && (typeof words !== 'object' || words.other), key);
    for (const words of row) assert.deepEqual(names(words), names(row[0]), key);
  }
});

test('who wants no motion gets none', async (context) => {
  const chat = await (await pages.open('alice', { reducedMotion: 'reduce' })).ready();
  if (!await chat.page.evaluate(() => window.matchMedia('(prefers-reduced-motion: reduce)').matches)) {
    context.skip('this browser cannot be told so');
    return;
  }
  await chat.page.locator('.side .threads .name', { hasText: 'Bob' }).click();
  await bob.writeUntilSeen(chat);
  assert.equal(await chat.page.locator('.typing i').first().evaluate((one) => getComputedStyle(one).animationName), 'none');
  await bob.composer.fill('');
  await chat.page.context().close();
});
