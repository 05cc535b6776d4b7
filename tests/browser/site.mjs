// SPDX-License-Identifier: MIT
//
// A real site and a real browser for one test file; both end with it.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium, firefox } from 'playwright-core';
import { borrow, firefoxOptions } from './lend.mjs';

/** Start a site (site.sh); its `base`, `origin` and `spool`, `tell(command)` to do what site.sh can, and `stop()`. */
export async function startSite(server = 'apache-event') {
  const script = fileURLToPath(new URL('site.sh', import.meta.url));
  const child = spawn('bash', [script, server], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  const next = () => Promise.race([new Promise((resolve) => lines.once('line', resolve)), ended]);
  const line = await next();
  if (typeof line !== 'string') throw new Error(`the site did not start: ${line}`);
  const tell = async (command) => {
    const answer = next();
    child.stdin.write(`${command}\n`);
    const [word, ...rest] = String(await answer).split(' ');
    if (word !== 'done') throw new Error(`${command}: ${await answer}`);
    return rest.join(' ');
  };
  const stop = async () => {
    child.stdin.end();
    const status = await ended;
    if (status !== 0) throw new Error(`the site did not stop cleanly: ${status}`);
  };
  return { ...JSON.parse(line), tell, stop };
}

const launch = {
  // The engine without windows, a third of the work, unless these matter: it logs in where nobody could have been
  // asked. Without anything that would look for other hosts.
  chromium: (profile, windows) => chromium.launch({
    executablePath: windows ? '/usr/bin/chromium' : '/usr/bin/chromium-headless-shell',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      `--crash-dumps-dir=${profile}`,
    ],
  }),
  firefox: (profile) => firefox.launch(firefoxOptions(profile)),
};

/**
 * The browser that $BROWSER names: with windows, where that makes a difference; one that is nobody else's before or
 * behind, where it has to reach files of ours or is asked for what a start decides.
 */
export async function startBrowser({ windows = false, own = false } = {}) {
  const name = process.env.BROWSER ?? 'chromium';
  const lent = name === 'firefox' && !own && await borrow();
  if (lent) return lent;
  const profile = await mkdtemp(join(tmpdir(), `spoolchat-${name}.`));
  const browser = await launch[name](profile, windows);
  const stop = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { browser, stop };
}

/**
 * `act` on each error of the page's scripts. When a server goes, Firefox tells of an EventSource that has lost it in the
 * same way; that notice is of no kind of error, and comes from no line of a script.
 */
export function onScriptError(page, act) {
  page.on('pageerror', (error) => {
    const notice = error.name === '' && /^Firefox can.t establish a connection to the server at /.test(error.message);
    if (!notice || !error.stack.endsWith('\nundefined')) act(error);
  });
}

/** A page of `user`, logged in with HTTP authentication as a person would be; nobody when undefined. */
export async function openPage(browser, site, user) {
  const httpCredentials = user && { username: user, password: user };
  const context = await browser.newContext({ httpCredentials });
  const page = await context.newPage();
  await page.goto(`${site.origin}/index.html`);
  return page;
}

/** The site and the browser of a test file that calls `useSite`. */
export let site;
export let running;

/**
 * Start them before the file's first test, with these settings, and stop them behind its last. What else the
 * tests need first is for `ready` to do: of two `before` hooks of a file neither waits for the other.
 */
export function useSite(settings = {}, ready = async () => {}) {
  before(async () => {
    Object.assign(process.env, { SPOOLCHAT_MESSAGES_PER_MINUTE: '0', ...settings });
    site = await startSite();
    running = await startBrowser();
    await ready();
  });
  after(async () => {
    await running?.stop();
    await site?.stop();
  });
}
