// SPDX-License-Identifier: MIT
// check: waits
//
// Files and pictures: by the button, by paste and by drop; how far they are; what the other one gets.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { picture } from './picture.mjs';
import { startPages } from './page.mjs';

let pages;
let alice;
let bob;

before(async () => {
  pages = await startPages({ SPOOLCHAT_MAX_ATTACHMENT: '30000000' }, { own: true });
  bob = await (await pages.open('bob')).ready();
  alice = await (await pages.open('alice')).ready();
  await alice.talkTo('Bob');
  await alice.say('Files are coming');
  await bob.openThread('Alice');
});

after(async () => {
  for (const chat of [alice, bob]) await chat?.expectNoViolation();
  await pages?.stop();
});

/** A file that the browser itself reads: handing a large one over takes longer than sending it. */
async function onDisk(name, bytes) {
  const path = `${pages.site.spool}/../${name}`;
  await writeFile(path, bytes);
  return path;
}

const file = (name, mimeType, buffer) => ({ name, mimeType, buffer });

/** Give the page files as a paste or a drop would. */
function transfer(chat, selector, kind, given) {
  return chat.page.evaluate(([where, type, files]) => {
    const data = new DataTransfer();
    for (const one of files) {
      const bytes = Uint8Array.from(atob(one.base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], one.name, { type: one.type }));
    }
    const node = document.querySelector(where);
    const steps = type === 'paste' ? ['paste'] : ['dragenter', 'dragover', 'drop'];
    for (const step of steps) {
      const event = new Event(step, { bubbles: true, cancelable: true }); // not every browser makes the real ones
      Object.defineProperty(event, type === 'paste' ? 'clipboardData' : 'dataTransfer', { value: data });
      node.dispatchEvent(event);
    }
  }, [selector, kind, given.map((one) => ({ name: one.name, type: one.mimeType, base64: one.buffer.toString('base64') }))]);
}

test('by the button: several, one of them taken out again; the other one gets the bytes', async () => {
  const notes = Buffer.from('Notes,\nünïcödé\n');
  await alice.page.locator('input[type=file]').setInputFiles([
    file('Notes ü.txt', 'text/plain', notes), file('secret.txt', 'text/plain', Buffer.from('x')), file('Hill.png', 'image/png', picture(300, 200)),
  ]);
  await alice.page.locator('.tray li').nth(2).waitFor();
  await alice.page.getByRole('button', { name: 'Remove secret.txt' }).click();
  await alice.composer.fill('Two files');
  await alice.composer.press('Enter');
  await alice.row('Two files').locator('.state.sent, .state.read').waitFor();
  assert.equal(await alice.page.locator('.tray li').count(), 0);
  const row = bob.row('Two files');
  await row.locator('a.file', { hasText: 'Notes ü.txt' }).waitFor();
  const image = row.locator('.picture img');
  await bob.until(() => Array.from(document.querySelectorAll('.picture img')).some((one) => one.naturalWidth === 300));
  assert.equal(await image.getAttribute('alt'), 'Hill.png');
  assert.equal(await bob.page.locator('a.file', { hasText: 'secret' }).count(), 0);
  const [download] = await Promise.all([bob.page.waitForEvent('download'), row.locator('a.file').click()]);
  assert.equal(download.suggestedFilename(), 'Notes ü.txt');
  assert.deepEqual(await readFile(await download.path()), notes);
});

test('by paste, without a word', async () => {
  await transfer(alice, '.composer textarea', 'paste', [file('image.png', 'image/png', picture(64, 48))]);
  await alice.page.locator('.tray canvas').waitFor();
  await alice.page.getByRole('button', { name: 'Send' }).click();
  await bob.page.locator('.picture img[alt="image.png"]').waitFor();
  await bob.page.locator('.side .threads li', { hasText: 'image.png' }).waitFor();
});

test('by drop, anywhere on the conversation; a page that is no picture is none', async () => {
  const page = Buffer.from('<script>window.ran=1</script>');
  await transfer(bob, '.log', 'drop', [file('page.html', 'text/html', page), file('drawing.svg', 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="window.ran=1"/>'))]);
  await bob.page.locator('.tray li').nth(1).waitFor();
  assert.equal(await bob.page.locator('.dropping:visible').count(), 0);
  await bob.say('Dropped');
  await alice.row('Dropped').locator('a.file').nth(1).waitFor();
  assert.equal(await alice.row('Dropped').locator('img').count(), 0);
});

test('how far it is, and order: a large file, and a word behind it', async () => {
  await alice.page.locator('input[type=file]').setInputFiles(await onDisk('large.bin', randomBytes(20000000)));
  await alice.page.evaluate(() => {
    window.progress = [];
    window.bars = 0;
    new MutationObserver((changes) => {
      window.bars += changes.flatMap((one) => [...one.addedNodes]).filter((node) => node.querySelector?.('progress')).length;
      const bar = document.querySelector('.log progress');
      if (bar && bar.value !== window.progress[window.progress.length - 1]) window.progress.push(bar.value);
    }).observe(document.querySelector('.log'), { childList: true, subtree: true, attributes: true });
  });
  await alice.say('Large');
  await alice.say('behind it');
  await bob.sees('behind it');
  assert.deepEqual((await bob.texts()).slice(-2), ['Large', 'behind it']);
  const progress = await alice.page.evaluate(() => window.progress);
  assert.ok(progress.length > 0, 'no progress was shown');
  assert.deepEqual(progress, progress.slice().sort((a, b) => a - b));
  assert.ok(progress.some((one) => one > 0 && one < 1), `nothing between the beginning and the end: ${progress}`);
  // Its row, and once more when it has taken so long that it can be discarded: not for each step.
  assert.ok(await alice.page.evaluate(() => window.bars) <= 2);
  await alice.row('Large').locator('progress').waitFor({ state: 'detached' });
});

test('too large: it says so, and nothing is lost but the file', async () => {
  await alice.page.locator('input[type=file]').setInputFiles(await onDisk('huge.bin', Buffer.alloc(31000000)));
  await alice.say('Huge');
  await alice.row('Huge').locator('.failure', { hasText: 'too large' }).waitFor();
  await alice.row('Huge').getByRole('button', { name: 'Discard' }).click();
  await alice.say('Never mind');
  await bob.sees('Never mind');
});

test('no room for files: it says so, and can be tried again', async () => {
  const config = `${pages.site.spool}/config`;
  await writeFile(config, 'user_files = 1\n', { mode: 0o644 });
  await alice.page.locator('input[type=file]').setInputFiles([file('one.txt', 'text/plain', Buffer.from('x'))]);
  await alice.say('One more');
  await alice.row('One more').locator('.failure', { hasText: 'no room' }).waitFor();
  await rm(config);
  await alice.row('One more').getByRole('button', { name: 'Try again' }).click();
  await bob.row('One more').locator('a.file').waitFor();
});

test('a file that is gone before it is sent: it says so, and holds up nothing', async () => {
  const path = await onDisk('gone.txt', 'Now you see me');
  await alice.page.locator('input[type=file]').setInputFiles(path);
  await alice.page.locator('.tray li', { hasText: 'gone.txt' }).waitFor();
  await rm(path);
  await alice.say('Gone');
  await alice.row('Gone').locator('.failure', { hasText: 'cannot be read' }).waitFor();
  await alice.say('behind what is gone');
  await bob.sees('behind what is gone');
});

test('a file that does not get away says what it is, is tried again, and can be given up', async () => {
  let tries = 0;
  await alice.page.clock.install();
  await alice.page.route('**/attachment/**', () => { tries += 1; }); // and no answer, for ever
  await alice.page.locator('input[type=file]').setInputFiles([file('stuck.txt', 'text/plain', Buffer.from('x'))]);
  await alice.say('Stuck');
  await alice.say('waits for that one');
  await alice.row('waits for that one').locator('.state.sending').waitFor();
  await alice.page.clock.fastForward(61000);
  for (const deadline = Date.now() + 20000; tries < 2;) {
    assert.ok(Date.now() < deadline, 'it is not tried again');
    await alice.page.clock.runFor(1000);
  }
  const row = alice.row('Stuck');
  assert.match(await row.locator('.file').innerText(), /stuck\.txt\s+1 byte/);
  await row.getByRole('button', { name: 'Discard' }).click();
  await bob.sees('waits for that one');
  assert.equal(await row.count(), 0);
  await alice.page.unroute('**/attachment/**');
});
