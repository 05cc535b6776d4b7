// SPDX-License-Identifier: MIT
//
// Tabs with the library alone (pages/library.html), for tests of it.

import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { openPage, running, site, useSite } from './site.mjs';

export const TIMEOUT = { timeout: 20000 };

/** A tab of `user`, whose library is started; beside another one's (the same browser) when given. */
export async function openLibrary(browser, site, user, { query = '', beside, started = true } = {}) {
  const page = beside ? await beside.context().newPage() : await openPage(browser, site, user);
  page.on('pageerror', (error) => { page.failed = error; });
  await page.goto(`${site.origin}/library.html${query}`);
  if (started) {
    await page.evaluate(() => window.chat.start());
    await isOnline(page);
  }
  return page;
}

let opened = [];

/** `useSite`, and an end of each test's pages, none of which may have had an error. */
export function useLibrary(settings) {
  useSite(settings);
  afterEach(async () => {
    await Promise.all(opened.map((page) => page.context().close()));
    assert.deepEqual(opened.map((page) => page.failed).filter(Boolean), []);
    opened = [];
  });
}

/** `openLibrary` there, or on another site, until the end of the test. */
export async function open(user, options, where = site) {
  const page = await openLibrary(running.browser, where, user, options);
  if (!options?.beside) opened.push(page);
  return page;
}

export function isOnline(page) {
  return page.waitForFunction(() => window.chat.connection.state === 'online', undefined, TIMEOUT);
}

export function state(page, wanted) {
  return page.waitForFunction((name) => window.chat.connection.state === name, wanted, TIMEOUT);
}

export const how = (page) => page.evaluate(() => window.chat.connection.how);

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
