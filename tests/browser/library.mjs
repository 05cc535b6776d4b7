// SPDX-License-Identifier: MIT
//
// Tabs with the library alone (pages/library.html), for tests of it.

import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import {
  onScriptError, openPage, running, site, useSite,
} from './site.mjs';

// To look at each picture keeps the browser drawing, though nothing changes.
export const TIMEOUT = { timeout: 20000, polling: 40 };

/** A tab of `user`, whose library is started; beside another one's (the same browser) when given. */
export async function openLibrary(browser, site, user, options) {
  const page = await (options?.beside?.context().newPage() ?? openPage(browser, site, user));
  onScriptError(page, (error) => { page.failed = error; });
  return begin(page, site, options);
}

async function begin(page, { origin }, { query = '', started = true } = {}) {
  await page.goto(`${origin}/library.html${query}`);
  if (started) {
    await page.evaluate(() => window.chat.start());
    await isOnline(page);
  }
  return page;
}

let opened = [];
const put = new Map(); // each user's pages that no test has now: a new one is a window, a second's work for Firefox

/** The page as if it were new, for the next test; not if its tab or its browser was closed. */
async function putAside({ user, page, where }) {
  const context = page.context();
  if (page.isClosed() || where !== site) {
    await context.close();
    return;
  }
  await Promise.all(context.pages().filter((one) => one !== page).map((one) => one.close()));
  await page.unrouteAll();
  await page.evaluate(() => {
    window.chat.stop();
    sessionStorage.clear();
    localStorage.clear();
  });
  await page.goto('about:blank');
  put.set(user, [...put.get(user) ?? [], page]);
}

/** `useSite`, and an end of each test's pages, none of which may have had an error. */
export function useLibrary(settings) {
  useSite(settings);
  afterEach(async () => {
    const used = opened;
    opened = [];
    await Promise.all(used.map(putAside));
    assert.deepEqual(used.map(({ page }) => page.failed).filter(Boolean), []);
  });
}

/** `openLibrary` there, or on another site, until the end of the test. */
export async function open(user, options, where = site) {
  const aside = !options?.beside && where === site && put.get(user)?.pop();
  const page = aside ? await begin(aside, site, options) : await openLibrary(running.browser, where, user, options);
  if (!options?.beside) opened.push({ user, page, where });
  return page;
}

export function isOnline(page) {
  return page.waitForFunction(() => window.chat.connection.state === 'online', undefined, TIMEOUT);
}

export function state(page, wanted) {
  return page.waitForFunction((name) => window.chat.connection.state === name, wanted, TIMEOUT);
}

export const how = (page) => page.evaluate(() => window.chat.connection.how);

/** A new room with its people, so that no test sees what another one said. */
export const room = (page, users) => page.evaluate(
  async (names) => (await window.chat.createRoom({ subject: 'Room', users: names })).id,
  users,
);

/** What a thread of the page is, as JSON can say it. */
export const thread = (page, id) => page.evaluate((one) => {
  const found = window.chat.threads.get(one);
  return found && {
    ...found,
    members: found.members.map((who) => who.id).sort(),
    others: found.others.map((who) => who.id).sort(),
    typing: found.typing.map((who) => who.id),
    reads: [...found.reads],
    messages: found.messages.map((message) => ({
      text: message.text, state: message.state, seq: message.seq, mine: message.mine, edited: Boolean(message.edited),
      reactions: message.reactions.map(({ text, people, mine }) => [text, people.map((who) => who.id), mine]),
    })),
    last: found.last?.text,
  };
}, id);

/** The thread of this page's user and others. */
export const talk = (page, ...users) => page.evaluate(async (names) => (await window.chat.talk(...names)).id, users);

export const send = (page, thread, text) => page.evaluate(([id, words]) => window.chat.send(id, words).key, [thread, text]);

/** Until each page shows exactly this in a thread. */
export async function shows(thread, texts, ...pages) {
  await Promise.all(pages.map(async (page) => {
    try {
      await page.waitForFunction(
        ([id, wanted]) => JSON.stringify(window.shown(id)) === wanted,
        [thread, JSON.stringify(texts)],
        TIMEOUT,
      );
    } catch {
      const is = await page.evaluate((id) => [window.shown(id), window.chat.connection], thread);
      throw new Error(`shown: ${JSON.stringify(is)}\nnot: ${JSON.stringify(texts)}\n${page.failed ?? ''}`);
    }
  }));
}

/** Until a function of the page is true; it gets `args`. */
export function until(page, act, args) {
  return page.waitForFunction(act, args, TIMEOUT);
}

/** All of a thread's messages have this state. */
export function allAre(page, thread, wanted) {
  return until(page, ([id, name]) => window.chat.threads.get(id).messages.every((one) => one.state === name), [thread, wanted]);
}

export async function counted(page) {
  return page.evaluate(() => window.counted);
}
