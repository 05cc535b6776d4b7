// SPDX-License-Identifier: MIT
// check: waits
//
// Two people chat on the page, through the real Apache: what one does the other sees.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startPages } from './page.mjs';

let pages;
let alice;
let bob;

before(async () => {
  pages = await startPages();
  alice = await (await pages.open('alice')).ready();
  bob = await (await pages.open('bob')).ready();
});

after(async () => {
  await alice?.expectNoViolation();
  await bob?.expectNoViolation();
  await pages?.stop();
});

test('people are there with their presence', async () => {
  const dot = (chat, name, kind) => chat.page.locator('.side .people li', { hasText: name }).locator(`.dot.${kind}`).waitFor();
  await dot(alice, 'Bob', 'free');
  await dot(alice, 'Carol', 'gone');
  await bob.page.locator('.me').click();
  await bob.page.locator('dialog select').selectOption('busy');
  await bob.page.locator('dialog input').fill('Mowing the lawn');
  await bob.page.locator('dialog .primary').click();
  await dot(alice, 'Bob', 'busy');
  await alice.page.locator('.side .people li', { hasText: 'Mowing the lawn' }).waitFor();
  await bob.page.locator('.me', { hasText: 'Mowing the lawn' }).waitFor();
});

test('two people talk; both see all of it in order, and how it fares', async () => {
  await alice.talkTo('Bob');
  await alice.say('Hello Bob');
  await bob.page.locator('.side .threads li', { hasText: 'Hello Bob' }).locator('.badge').waitFor();
  await bob.until(() => document.title.startsWith('(1) '));
  await alice.row('Hello Bob').locator('.state.sent').waitFor();
  await bob.openThread('Alice');
  await bob.sees('Hello Bob');
  await alice.row('Hello Bob').locator('.state.read').waitFor();
  await bob.until(() => !document.title.startsWith('('));
  await bob.say('Hello Alice');
  await alice.sees('Hello Alice');
  await alice.say('ünïcödé 🙂 <b>&amp;');
  await bob.sees('ünïcödé');
  const said = ['Hello Bob', 'Hello Alice', 'ünïcödé 🙂 <b>&amp;'];
  assert.deepEqual(await alice.texts(), said);
  assert.deepEqual(await bob.texts(), said);
  assert.equal(await alice.page.locator('.log .day').count(), 1);
  assert.deepEqual(await alice.page.locator('.log .row.mine .text').allInnerTexts(), [said[0], said[2]]);
});

test('who writes is seen writing', async () => {
  await alice.writeUntilSeen(bob);
  await bob.page.locator('.typing', { hasText: 'Alice' }).waitFor();
  await alice.composer.fill('');
  await bob.page.locator('.typing', { hasText: 'Alice' }).waitFor({ state: 'hidden' });
});

test('a message is corrected, answered, reacted to and taken back', async () => {
  await alice.say('See you at fvie');
  await bob.sees('See you at fvie');
  await alice.act('See you at fvie', 'Edit');
  await alice.composer.fill('See you at five');
  await alice.composer.press('Enter');
  await bob.row('See you at five').locator('.meta', { hasText: 'edited' }).waitFor();
  await bob.act('See you at five', 'Reply');
  await bob.say('Fine');
  await alice.row('Fine').locator('.quote', { hasText: 'See you at five' }).waitFor();
  await bob.act('See you at five', 'React with 👍');
  await alice.row('See you at five').locator('.reaction', { hasText: '👍' }).waitFor();
  await alice.row('See you at five').locator('.reaction').first().click();
  await bob.row('See you at five').locator('.reaction', { hasText: '2' }).waitFor();
  await bob.row('See you at five').locator('.reaction').first().click();
  await alice.row('See you at five').locator('.reaction', { hasText: '1' }).waitFor();
  await alice.act('See you at five', 'Take back');
  await alice.page.locator('dialog .danger').click();
  await bob.page.locator('.bubble.gone').waitFor();
  await alice.row('Fine').locator('.quote', { hasText: 'taken back' }).waitFor();
  assert.equal(await bob.row('See you at five').count(), 0);
});

test('a text that is begun is still there when one comes back', async () => {
  await alice.composer.fill('half a');
  await alice.talkTo('Carol');
  assert.equal(await alice.composer.inputValue(), '');
  await alice.openThread('Bob');
  assert.equal(await alice.composer.inputValue(), 'half a');
  await alice.composer.fill('');
});

test('a room is made, found and joined; its owner gives roles and names it', async () => {
  await alice.page.getByRole('button', { name: 'New room' }).click();
  const form = alice.page.locator('dialog form');
  await form.locator('input').first().fill('Garden');
  await form.getByLabel('Open to everybody').check();
  await form.locator('.primary').click();
  await alice.page.locator('.thread-title h2', { hasText: 'Garden' }).waitFor();
  await bob.page.getByRole('button', { name: 'Find a room' }).click();
  await bob.page.getByRole('button', { name: 'Join: Garden' }).click();
  await bob.page.locator('.thread-title h2', { hasText: 'Garden' }).waitFor();
  await bob.say('What grows?');
  await alice.sees('What grows?');
  await alice.page.locator('.thread-title').click();
  await alice.page.getByLabel('Role of Bob').selectOption('moderator');
  await bob.page.locator('.thread-title').click();
  await bob.page.locator('.panel .person', { hasText: '(you)' }).locator('.role', { hasText: 'Moderator' }).waitFor();
  await alice.page.locator('.panel .invite', { hasText: 'Rename' }).locator('input').fill('Kitchen garden');
  await alice.page.getByRole('button', { name: 'Rename' }).click();
  await bob.page.locator('.thread-title h2', { hasText: 'Kitchen garden' }).waitFor();
  await bob.page.locator('.row.event', { hasText: 'Kitchen garden' }).waitFor();
  await alice.page.locator('.panel .invite', { hasText: 'Invite' }).locator('button').click();
  await alice.page.locator('.panel .person', { hasText: 'Carol' }).waitFor();
  await bob.page.locator('.panel .danger').click();
  await bob.page.locator('dialog .danger').click();
  await bob.page.locator('.side .threads li', { hasText: 'Kitchen garden' }).waitFor({ state: 'detached' });
  await alice.page.locator('.thread-title .subtitle', { hasText: '2 people' }).waitFor();
  await alice.page.locator('.panel .close, .panel-head .ib').click();
});

test('the server is away: it says so, keeps what is written, and sends it once', async () => {
  await alice.openThread('Bob');
  await bob.openThread('Alice');
  await pages.site.tell('stop');
  await alice.page.locator('.connection[data-state="offline"]').waitFor();
  await alice.say('Are you there?');
  await alice.row('Are you there?').locator('.state.waiting').waitFor();
  await pages.site.tell('start');
  await alice.page.locator('.connection .link').click({ timeout: 2000 }).catch(() => {}); // it may be back already
  await alice.row('Are you there?').locator('.state.sent, .state.read').waitFor();
  await bob.sees('Are you there?');
  assert.equal(await bob.row('Are you there?').count(), 1);
  assert.equal(await alice.row('Are you there?').count(), 1);
});

test('who looks elsewhere is told, when they want it: nothing by default', async () => {
  const chat = await (await pages.open('carol', { permissions: ['notifications'] })).ready();
  await chat.page.evaluate(() => {
    // What the desktop shows cannot be seen from here; that it was asked to can.
    window.told = [];
    const Real = window.Notification;
    window.Notification = class extends Real {
      constructor(title, options) {
        super(title, options);
        window.told.push([title, options.body]);
      }
    };
    document.hasFocus = () => false;
  });
  const thread = (await alice.ask('start-session', { user: ['carol'] })).thread_id;
  await alice.tell(thread, { text: 'One' });
  await chat.until(() => document.title.startsWith('(1) '));
  await chat.page.locator('.side-head .ib').click();
  const boxes = chat.page.locator('dialog input[type=checkbox]');
  assert.deepEqual([await boxes.nth(0).isChecked(), await boxes.nth(1).isChecked()], [false, false]);
  await boxes.nth(1).click();
  await chat.page.keyboard.press('Escape');
  await alice.tell(thread, { text: 'Two' });
  await chat.until(() => document.title.startsWith('(2) '));
  const { allowed, told } = await chat.page.evaluate(() => ({ allowed: Notification.permission === 'granted', told: window.told }));
  assert.deepEqual(told, allowed ? [['Alice', 'Two']] : []);
  await chat.page.context().close();
});

test('another day begins with its name', async () => {
  await pages.site.tell('forward 86400');
  await bob.say('Good morning');
  await alice.sees('Good morning');
  await alice.until(() => document.querySelectorAll('.log .day').length === 2);
  const order = await alice.page.locator('.log-list > :not(.unread-line)').evaluateAll((all) => all.map((one) => one.className));
  assert.equal(order.at(-2), 'day');
});

test('what is refused says why, and can be tried again or discarded', async () => {
  const config = `${pages.site.spool}/config`;
  const long = 'A long story. '.repeat(6000); // more than max_body
  const say = async (text) => {
    await alice.composer.evaluate((node, value) => {
      node.value = value;
      node.dispatchEvent(new Event('input', { bubbles: true }));
    }, text);
    await alice.composer.press('Enter');
  };
  await say(`Refuse me. ${long}`);
  await alice.row('Refuse me').locator('.failure', { hasText: 'too large' }).waitFor();
  await say(`Me too. ${long}`);
  await alice.row('Me too').locator('.failure').waitFor();
  await alice.row('Me too').getByRole('button', { name: 'Discard' }).click();
  await alice.row('Me too').waitFor({ state: 'detached' });
  await writeFile(config, 'max_body = 262144\n', { mode: 0o644 });
  await alice.row('Refuse me').getByRole('button', { name: 'Try again' }).click();
  await bob.sees('Refuse me');
  assert.equal(await alice.row('Refuse me').locator('.failure').count(), 0);
  await rm(config);
});
