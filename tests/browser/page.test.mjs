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

test('what comes while a button is pressed takes nothing from the press', async () => {
  const first = (name) => alice.page.locator('.side .threads li:first-child button', { hasText: name });
  await alice.talkTo('Carol');
  await first('Carol').waitFor();
  const second = alice.page.locator('.side .threads button', { hasText: 'Bob' });
  const { threads: [{ id }] } = await bob.ask('threads');
  await alice.press(second, (i) => bob.tell(id, { type: 'plain', text: `news ${i}` }));
  await alice.page.locator('.thread-title h2', { hasText: 'Bob' }).waitFor();
  await first('Bob').waitFor();
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

/** Until the page has the answer to a request that was held back. */
async function finish(chat, route, act) {
  const answered = chat.page.waitForResponse((response) => response.request() === route.request());
  await act();
  await (await answered).finished();
}

/**
 * Carol comes into a room whose members alice looks at, and goes. Of her coming alice's page hears before the list of
 * members has her, and again when she has gone.
 */
async function comeAndGo(id) {
  const carol = pages.member('carol');
  const person = alice.page.locator('.panel .person', { hasText: 'Carol' });
  const asRole = (role) => carol.ask(`members/${id}`, { user: 'carol', role });
  const before = await alice.ask(`members/${id}`);
  await alice.page.route('**/members/**', (route) => route.fulfill({ json: before }));
  await asRole('guest');
  await person.waitFor();
  await alice.page.unroute('**/members/**');
  await asRole('none');
  await person.waitFor({ state: 'detached' });
  const asking = await alice.hold('GET', '**/members/**');
  await asRole('guest');
  const late = await asking();
  const response = await late.fetch();
  const next = alice.page.waitForResponse('**/members/**');
  await asRole('none');
  await (await next).finished();
  await finish(alice, late, () => late.fulfill({ response }));
  assert.equal(await person.count(), 0);
}

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
  // A list that arrow keys go through sends nobody away by itself.
  await alice.page.getByLabel('Role of Bob').selectOption('banned');
  await alice.page.locator('dialog h2', { hasText: 'Ban Bob' }).waitFor();
  await alice.page.locator('dialog .quiet').click();
  await alice.until(() => document.querySelector('select.role').value === 'moderator');
  await alice.page.locator('.panel .invite', { hasText: 'Rename' }).locator('input').fill('Kitchen gar');
  await comeAndGo((await bob.ask('threads')).threads.find((one) => one.subject === 'Garden').id);
  await alice.page.keyboard.type('den'); // whoever comes and goes meanwhile
  await alice.page.getByRole('button', { name: 'Rename' }).click();
  await bob.page.locator('.thread-title h2', { hasText: 'Kitchen garden' }).waitFor();
  await bob.page.locator('.row.event', { hasText: 'Kitchen garden' }).waitFor();
  await alice.page.locator('.panel .invite', { hasText: 'Invite' }).locator('button').click();
  await alice.page.locator('.panel .person', { hasText: 'Carol' }).waitFor();
  // Who has gone elsewhere by the time the answer comes stays there.
  const leaving = await bob.hold('POST', '**/members/**');
  await bob.page.locator('.panel .danger').click();
  await bob.page.locator('dialog .danger').click();
  const left = await leaving();
  await bob.openThread('Alice');
  await finish(bob, left, () => left.continue());
  await bob.page.locator('.side .threads li', { hasText: 'Kitchen garden' }).waitFor({ state: 'detached' });
  assert.equal(await bob.page.locator('.thread-title h2').innerText(), 'Alice');
  await alice.page.locator('.thread-title .subtitle', { hasText: '2 people' }).waitFor();
  await alice.page.locator('.panel .close, .panel-head .ib').click();
});

test('an owner leaves: who inherits the room sees both at once, though the list of members has neither yet', async () => {
  const carol = pages.member('carol');
  const id = (await carol.ask('start-session', { user: ['bob'], subject: 'Estate' })).thread_id;
  await carol.tell(id, { text: 'Soon it is yours' });
  await bob.openThread('Estate');
  await bob.page.locator('.thread-title').click();
  await bob.page.locator('.panel .person').nth(1).waitFor();
  const before = await bob.ask(`members/${id}`);
  const asked = [];
  await bob.page.route('**/members/**', (route) => {
    asked.push(route);
    if (asked.length === 2) asked.forEach((one) => one.fulfill({ json: before }));
  });
  await carol.ask(`members/${id}`, { user: 'carol', role: 'none' });
  await bob.page.locator('.panel .person', { hasText: '(you)' }).locator('.role', { hasText: 'Owner' }).waitFor();
  assert.equal(await bob.page.locator('.panel .person').count(), 1);
  await bob.page.unroute('**/members/**');
  await bob.page.keyboard.press('Escape');
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

test('a page that nobody is logged in to: it asks, and what is written stays', async () => {
  const unsent = () => alice.page.evaluate(() => {
    const event = new Event('beforeunload', { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  });
  let asked = 0;
  await alice.page.evaluate(() => { window.still = 'here'; });
  await alice.page.route('**/nereid-chat/**', (route) => {
    asked += 1;
    return route.fulfill({ status: 401 });
  });
  await pages.site.tell('stop'); // which ends the stream
  await alice.page.locator('.connection[data-state="login"]').waitFor();
  await pages.site.tell('start');
  assert.equal(await unsent(), false);
  await alice.say('Who am I?');
  assert.equal(await unsent(), true);
  await alice.row('Who am I?').getByRole('button', { name: 'Discard' }).waitFor();
  assert.ok(asked < 20, `asked ${asked} times`);
  await alice.page.unroute('**/nereid-chat/**');
  await alice.page.getByRole('button', { name: 'Log in' }).click();
  await alice.row('Who am I?').locator('.state.sent, .state.read').waitFor();
  await bob.sees('Who am I?');
  assert.deepEqual([await unsent(), await alice.page.evaluate(() => window.still)], [false, 'here']);
});

test('history that cannot be had is asked for again now and then, not all the time', async () => {
  const thread = (await bob.ask('start-session', { user: ['alice'], subject: 'Old times' })).thread_id;
  for (let i = 0; i < 70; i += 1) await bob.tell(thread, { text: `Old ${i}.` });
  const chat = await (await pages.open('alice')).ready();
  let asked = 0;
  await chat.page.route('**/history/**', (route) => {
    asked += 1;
    return route.fulfill({ status: 500 });
  });
  await chat.openThread('Old times');
  await chat.page.locator('.toast', { hasText: 'fault' }).first().waitFor();
  const scroll = () => chat.page.evaluate(async () => {
    for (let i = 0; i < 60; i += 1) {
      document.querySelector('.log').dispatchEvent(new Event('scroll'));
      await new Promise(requestAnimationFrame);
    }
  });
  await scroll();
  assert.ok(asked < 6, `asked ${asked} times`);
  await chat.page.unroute('**/history/**');
  await chat.until(() => {
    document.querySelector('.log').dispatchEvent(new Event('scroll'));
    return document.querySelectorAll('.log .row').length > 40;
  });
  await chat.page.context().close();
});

/** In the page: what is told unless somebody looks waits for `tellHeld`, however late other tabs say that somebody does. */
function holdTelling() {
  const LOOK_MS = 300; // web/page/notify.js
  const { setTimeout: later } = window;
  const held = [];
  let looks = 0;
  new BroadcastChannel('spoolchat.looks').onmessage = () => { looks += 1; };
  window.setTimeout = (act, ms) => (ms === LOOK_MS ? held.push(act) : later(act, ms));
  window.isLookedAt = () => held.length > 0 && looks > 0;
  window.tellHeld = () => {
    window.setTimeout = later;
    held.forEach((act) => act());
  };
}

test('who looks elsewhere is told, when they want it: nothing by default', async () => {
  const chat = await (await pages.open('carol')).ready();
  await chat.page.evaluate(() => {
    // What the desktop shows and plays cannot be seen from here; that it was asked to can.
    window.told = [];
    window.tones = 0;
    window.Notification = class {
      static permission = 'granted';

      static requestPermission = async () => 'granted';

      constructor(title, { body }) {
        window.told.push([title, body]);
      }
    };
    const { createOscillator } = AudioContext.prototype;
    AudioContext.prototype.createOscillator = function create() {
      window.tones += 1;
      return createOscillator.call(this);
    };
    document.hasFocus = () => false;
  });
  const told = () => chat.page.evaluate(() => [window.told, window.tones]);
  const thread = (await alice.ask('start-session', { user: ['carol'] })).thread_id;
  await alice.tell(thread, { text: 'One' });
  await chat.until(() => document.title.startsWith('(1) '));
  await chat.page.locator('.side-head .ib').click();
  const boxes = chat.page.locator('dialog input[type=checkbox]');
  assert.deepEqual([await boxes.nth(0).isChecked(), await boxes.nth(1).isChecked()], [false, false]);
  await boxes.nth(0).click(); // which plays it
  await boxes.nth(1).click();
  await chat.page.keyboard.press('Escape');
  await alice.tell(thread, { text: 'Two' });
  await chat.until(() => window.told.length === 1);
  // Somebody looks at another tab.
  const other = await chat.page.context().newPage();
  await other.goto(chat.page.url());
  await other.locator('.connection[data-state="online"]').waitFor({ state: 'attached' });
  await chat.page.evaluate(holdTelling);
  await alice.tell(thread, { text: 'Three' });
  await chat.until(() => window.isLookedAt());
  await chat.page.evaluate(() => window.tellHeld());
  await other.close();
  await alice.tell(thread, { text: 'Four' });
  await chat.until(() => window.told.length > 1);
  assert.deepEqual(await told(), [[['Alice', 'Two'], ['Alice', 'Four']], 6]);
  await chat.page.context().close();
});

test('another day begins with its name', async () => {
  await pages.site.tell('forward 86400');
  await bob.say('Good morning');
  await alice.sees('Good morning');
  await alice.until(() => document.querySelectorAll('.log .day').length === 2);
  const order = await alice.page.locator('.log-list > :not(.unread-line)').evaluateAll((all) => all.map((one) => one.className));
  assert.equal(order.at(-2), 'day');
  // When that day has come here, too, the one before is no longer called today.
  await alice.page.clock.setSystemTime(Date.now() + 86400000);
  await bob.say('And good night');
  await alice.sees('And good night');
  assert.deepEqual(await alice.page.locator('.log .day').allInnerTexts(), ['Yesterday', 'Today']);
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
  // A correction that is refused is still there to be made shorter.
  await alice.say('Short');
  await bob.sees('Short');
  await alice.act('Short', 'Edit');
  await say(`Shorter. ${long}`);
  await alice.page.locator('.toast', { hasText: 'too large' }).waitFor();
  await alice.until(() => document.querySelector('.composer textarea').value.startsWith('Shorter.'));
  await alice.page.locator('.about', { hasText: 'Edit' }).waitFor();
  await alice.composer.press('Escape');
});

test('a room is found among many, also those that the list does not show yet', async () => {
  for (let i = 0; i < 60; i += 1) await bob.ask('start-session', { subject: `Club ${i}.`, open: true });
  await bob.page.getByRole('button', { name: 'Find a room' }).click();
  await bob.page.locator('dialog .rooms li').nth(49).waitFor();
  const shown = await bob.page.locator('dialog .rooms li').allInnerTexts();
  const hidden = Array.from({ length: 60 }, (_, i) => `Club ${i}.`).find((name) => !shown.some((one) => one.includes(name)));
  await bob.page.locator('dialog input[type=search]').fill(hidden);
  await bob.page.locator('dialog .rooms li:visible', { hasText: hidden }).waitFor();
  await bob.page.keyboard.press('Escape');
});
