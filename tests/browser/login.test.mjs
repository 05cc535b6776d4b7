// SPDX-License-Identifier: MIT
// check: waits
//
// The web server's own login, HTTP Basic, and a page of another origin that is listed in allow_origin. What a
// page may is CORS; whether a browser sends the login along, or asks for it, it decides by the site.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startBrowser, startSite } from './site.mjs';

const browserName = process.env.BROWSER ?? 'chromium';
const NOTHING = { get: 'TypeError', token: 'TypeError', start: 'TypeError', events: 'error' };
const ALL = { get: 200, token: 200, start: 200, events: 'open' };

let site;
let running;
let base; // of the chat
let sibling; // an origin of its site: another host of the domain
let stranger;

before(async () => {
  site = await startSite();
  running = await startBrowser({ windows: true, own: true });
  const { port } = new URL(site.origin);
  base = `http://chat.example.localhost:${port}/nereid-chat`;
  sibling = `http://app.example.localhost:${port}`;
  stranger = `http://localhost:${port}`;
  await writeFile(`${site.spool}/config`, `allow_origin = ${sibling} ${stranger}\n`, { mode: 0o644 });
});

after(async () => {
  await running?.stop();
  await site?.stop();
});

/** A page of `origin` in a browser without any login. */
async function openAt(origin, options) {
  const context = await running.browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${origin}/index.html`);
  return page;
}

/** As a person who has logged in at the chat's own address, in the same browser. */
async function logIn(page) {
  const other = await page.context().newPage();
  const answer = await other.goto(`${base.replace('//', '//bob:bob@')}/get-friends`);
  assert.equal(answer.status(), 200);
  await other.close();
}

/** What the page gets with `how` in all its requests: statuses, or an error's name. */
function attempt(page, how) {
  return page.evaluate(async ([address, options]) => {
    const ask = (path, more) => fetch(`${address}/${path}`, { ...options, ...more })
      .then((response) => response.json().then(() => response.status))
      .catch((error) => error.name);
    const body = new URLSearchParams({ user: 'alice' });
    const got = {
      get: await ask('get-friends'),
      token: await ask('token', { method: 'POST' }),
      start: await ask('start-session', { method: 'POST', body }),
    };
    if (options.credentials !== 'include') return got;
    got.events = await new Promise((resolve) => {
      const source = new EventSource(`${address}/stream`, { withCredentials: true });
      for (const kind of ['open', 'error']) source.addEventListener(kind, () => { source.close(); resolve(kind); });
    });
    return got;
  }, [base, how]);
}

const basic = (password) => ({ headers: { Authorization: `Basic ${btoa(`bob:${password}`)}` } });

test('a page of the same site: the login that the browser has goes along', async () => {
  const page = await openAt(sibling);
  await logIn(page);
  assert.deepEqual(await attempt(page, { credentials: 'include' }), ALL);
  await page.context().close();
});

test('a page of the same site: the browser asks for the login', async () => {
  const page = await openAt(sibling, { httpCredentials: { username: 'bob', password: 'bob' } });
  assert.deepEqual(await attempt(page, { credentials: 'include' }), ALL);
  await page.context().close();
});

test('a page of another site: the login that the browser has does not go along', async () => {
  const page = await openAt(stranger);
  await logIn(page);
  assert.deepEqual(await attempt(page, { credentials: 'include' }), NOTHING);
  await page.context().close();
});

test('a page of another site: Firefox asks for the login, Chromium does not', async () => {
  const page = await openAt(stranger, { httpCredentials: { username: 'bob', password: 'bob' } });
  assert.deepEqual(await attempt(page, { credentials: 'include' }), browserName === 'firefox' ? ALL : NOTHING);
  await page.context().close();
});

test('a page of another site brings the login in the header; a wrong one is an error without a status', async () => {
  const page = await openAt(stranger);
  assert.deepEqual(await attempt(page, basic('bob')), { get: 200, token: 200, start: 200 });
  assert.deepEqual(await attempt(page, basic('wrong')), { get: 'TypeError', token: 'TypeError', start: 'TypeError' });
  await page.context().close();
});
