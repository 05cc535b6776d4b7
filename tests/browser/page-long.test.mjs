// SPDX-License-Identifier: MIT
//
// A history of 5,000 messages: up to its beginning and back without a task of the main thread of 50 ms or more,
// without a jump of what one looks at, and with a page that stays small.
// check: waits

import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startPages } from './page.mjs';

const MESSAGES = 5000;
const browserName = process.env.BROWSER ?? 'chromium';

let pages;
let alice;
let bob;
let thread;

before(async () => {
  pages = await startPages({ SPOOLCHAT_SYNC: 'no' });
  bob = pages.member('bob');
  thread = (await bob.ask('start-session', { user: ['alice'] })).thread_id;
  await bob.tell(thread, { text: text(0) });
  await lengthen();
  await bob.tell(thread, { text: text(MESSAGES - 1) });
  alice = await (await pages.open('alice')).ready();
});

after(async () => {
  await alice?.expectNoViolation();
  await pages?.stop();
});

function text(number) {
  const lines = ['Yes.', 'A line of ordinary length, as people write them.', 'See https://a.example/page for more.',
    'A longer one. '.repeat(20), 'Two\nlines'];
  return `${lines[number % lines.length]} ${number}`;
}

/**
 * Behind the thread's first message all but the last, as the spool keeps them (spool/README.md): to have each said by
 * a program would cost as much as all else here.
 */
async function lengthen() {
  const folder = `${pages.site.spool}/threads/${thread}`;
  const path = (seq) => `${folder}/new/${String(seq).padStart(10, '0')}`;
  let line = await readFile(path(1), 'utf8');
  const first = JSON.parse(line);
  for (let seq = 2; seq < MESSAGES; seq += 1) {
    const prev = createHash('sha256').update(line).digest('hex');
    const message = { ...first.message, id: randomUUID(), text: text(seq - 1) };
    line = `${JSON.stringify({ ...first, seq, prev, message })}\n`;
    await writeFile(path(seq), line, { mode: 0o644 });
  }
}

/** From now on, in the page: tasks of 50 ms or more, and the most rows there were. Chromium only tells of tasks. */
function watchTasks() {
  window.tasks = [];
  window.mostRows = 0;
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver((list) => list.getEntries().forEach((one) => window.tasks.push(Math.round(one.duration)))).observe({ type: 'longtask' });
  }
  new MutationObserver(() => {
    window.mostRows = Math.max(window.mostRows, document.querySelectorAll('.log .row').length);
  }).observe(document.body, { childList: true, subtree: true });
}

/** Up as who pulls the bar, as fast as history comes in, until the first message is there; how many were seen on the way. */
async function goUp() {
  const log = document.querySelector('.log');
  const picture = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
  const numbers = new Set();
  const look = () => document.querySelectorAll('.log .row').forEach((row) => numbers.add(row.message.seq));
  for (const deadline = Date.now() + 120000; Date.now() < deadline;) {
    look();
    log.scrollTop -= 2000;
    await picture();
    if (document.querySelector('.log .row').message.seq === 1 && log.scrollTop === 0) break;
  }
  look();
  return numbers.size;
}

/**
 * What the tasks of pages took of a processor while `act` ran, in ms, the longest first; Chromium only tells. The
 * entries of `longtask` count, too, how long a task waited for a processor that others had, which is not the page's.
 */
async function tasksOf(act) {
  if (browserName !== 'chromium') {
    await act();
    return [];
  }
  const browser = alice.page.context().browser();
  await browser.startTracing(alice.page, { categories: ['toplevel', '__metadata'] });
  await act();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const key = (event) => `${event.pid} ${event.tid}`;
  const main = new Set(traceEvents.filter((one) => one.name === 'thread_name' && one.args.name === 'CrRendererMain').map(key));
  const tasks = traceEvents.filter((one) => main.has(key(one)) && /RunTask/.test(one.name) && one.tdur !== undefined);
  assert.ok(tasks.length > 100, 'the trace has no tasks');
  return tasks.map((one) => one.tdur / 1000).sort((x, y) => y - x);
}

/** Open the thread and go up to its first message; what is known of the page then. */
async function climb() {
  await alice.page.evaluate(watchTasks);
  const tasks = await tasksOf(async () => {
    await alice.openThread('Bob');
    await alice.sees(` ${MESSAGES - 1}`);
    assert.equal(await alice.page.evaluate(goUp), MESSAGES);
  });
  const { long, mostRows } = await alice.page.evaluate(() => ({ long: window.tasks, mostRows: window.mostRows }));
  console.log(`# longest tasks, ms of a processor: ${tasks.slice(0, 5).map(Math.round)}; entries of longtask: ${long.length}`);
  assert.ok(mostRows < 200, `${mostRows} rows`);
  return tasks[0];
}

test('the newest are there at once, and history comes in as one goes up, to the first', async () => {
  let longest = await climb();
  // What others do on the machine costs caches, and so time of ours; what is long of itself is long each time.
  for (let tries = 1; longest >= 50 && tries < 3; tries += 1) {
    await alice.page.reload();
    await alice.ready();
    longest = await climb();
  }
  assert.ok(!(longest >= 50), `a task of ${longest} ms`);
  assert.match(await alice.page.locator('.log-top').innerText(), /beginning/);
});

test('and back to the newest, in order', async () => {
  const order = await alice.page.evaluate(async () => {
    const log = document.querySelector('.log');
    const picture = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
    const disorder = [];
    for (let i = 0; i < 60; i += 1) {
      const rows = Array.from(document.querySelectorAll('.log .row'), (row) => row.message.seq);
      rows.forEach((seq, at) => { if (at && seq !== rows[at - 1] + 1) disorder.push([rows[at - 1], seq]); });
      log.scrollTop += 500;
      await picture();
    }
    return disorder;
  });
  assert.deepEqual(order, []);
  await alice.page.locator('.jump').click();
  await alice.sees(` ${MESSAGES - 1}`);
  await alice.until(() => {
    const log = document.querySelector('.log');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  });
});

test('what one looks at stays where it is while others write and history comes in', async () => {
  await alice.page.evaluate(() => { document.querySelector('.log').scrollTop -= 1200; });
  const where = () => alice.page.evaluate(() => {
    const at = document.querySelector('.log').getBoundingClientRect().top;
    const row = Array.from(document.querySelectorAll('.log .row')).find((one) => one.getBoundingClientRect().top > at);
    return [row.message.seq, Math.round(row.getBoundingClientRect().top)];
  });
  await alice.until(() => !document.querySelector('.jump').hidden);
  const before = await where();
  for (let i = 0; i < 5; i += 1) await bob.tell(thread, { text: `news ${i}` });
  await alice.page.locator('.side .threads li', { hasText: 'news 4' }).waitFor();
  assert.deepEqual(await where(), before);
  // History, which comes when one is near what was fetched: each row that stays, stays.
  const jumps = await alice.page.evaluate(async () => {
    const log = document.querySelector('.log');
    const picture = () => new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
    const found = [];
    for (let i = 0; i < 80; i += 1) {
      const tops = new Map(Array.from(document.querySelectorAll('.log .row'), (row) => [row.message, row.getBoundingClientRect().top]));
      const from = log.scrollTop;
      log.scrollTop -= 300;
      const went = from - log.scrollTop;
      await picture();
      for (const row of document.querySelectorAll('.log .row')) {
        const box = row.getBoundingClientRect();
        if (!tops.has(row.message) || box.bottom < 0 || box.top > window.innerHeight) continue;
        const off = box.top - tops.get(row.message) - went;
        if (Math.abs(off) > 1.5) found.push([row.message.seq, Math.round(off)]);
      }
    }
    return found;
  });
  assert.deepEqual(jumps, []);
  await alice.page.locator('.jump').click();
  await alice.sees('news 4');
});

test('who is at the end stays there, also when a message comes just before the browser tells of the scrolling', async () => {
  await alice.page.evaluate(() => {
    const { requestAnimationFrame: picture } = window;
    const held = [];
    window.requestAnimationFrame = (act) => held.push(act);
    window.isHeld = () => held.length > 0;
    window.draw = () => {
      window.requestAnimationFrame = picture;
      document.querySelector('.log').dispatchEvent(new Event('scroll'));
      held.forEach((act) => act());
    };
  });
  await bob.tell(thread, { text: 'Are you still there?' });
  await alice.until(() => window.isHeld());
  await alice.page.evaluate(() => window.draw());
  await alice.sees('Are you still there?');
  assert.equal(await alice.page.locator('.jump').isVisible(), false);
  await alice.until(() => {
    const log = document.querySelector('.log');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  });
});

test('an answer leads to a message far above, and one comes back', async () => {
  await bob.tell(thread, { text: 'As I said in the beginning', inReplyTo: { seq: 7 } });
  await alice.sees('As I said');
  await alice.row('As I said').locator('.quote').click();
  await alice.until(() => document.activeElement.message && document.activeElement.message.seq === 7);
  await alice.page.locator('.jump').click();
  await alice.sees('As I said');
});
