// SPDX-License-Identifier: MIT
//
// WebKit, Debian's, told what to do by its own driver in the protocol of the W3C (WebDriver), on a display that nobody
// sees. A driver has one session, so each person has a driver, as each would have a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { tellNews, watchNews } from './page.mjs';

const DEADLINE = 20000;
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'; // as the protocol names one (its section 12.1)
export const ENTER = '\uE007';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address();
  await new Promise((resolve) => { server.close(resolve); });
  return port;
}

function start(command, args, options) {
  const child = spawn(command, args, options);
  const ended = new Promise((resolve) => { child.once('exit', resolve); });
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { child, stop };
}

/** A display, and `open()`: a browser on it; `stop()` ends them all. */
export async function startWebKit() {
  const home = await mkdtemp(join(tmpdir(), 'spoolchat-webkit.'));
  const display = start('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'pipe', 'ignore'] });
  const number = await new Promise((resolve, reject) => {
    display.child.stdout.once('data', (bytes) => resolve(String(bytes).trim()));
    display.child.once('exit', () => reject(new Error('no display')));
  });
  const opened = [];
  const open = async () => {
    const port = await freePort();
    const driver = start('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Its sandbox wants rights that root in a container has not.
      env: { ...process.env, DISPLAY: `:${number}`, HOME: home, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' },
    });
    const page = new Page(`http://127.0.0.1:${port}`);
    opened.push({ page, driver });
    await page.begin();
    return page;
  };
  const stop = async () => {
    for (const { page, driver } of opened) {
      await page.end();
      await driver.stop();
    }
    await display.stop();
    await rm(home, { recursive: true, force: true });
  };
  return { open, stop };
}

/** One browser, and the window of it that was asked for last. */
class Page {
  constructor(driver) {
    this.driver = driver;
  }

  async ask(method, path, body) {
    const response = await fetch(this.driver + path, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  }

  tell(path, body = {}) {
    return this.ask('POST', this.session + path, body);
  }

  async begin() {
    for (const deadline = Date.now() + DEADLINE; !this.session;) {
      try {
        const { sessionId } = await this.ask('POST', '/session', { capabilities: {} });
        this.session = `/session/${sessionId}`;
      } catch (error) {
        // It does not listen yet.
        if (!(error instanceof TypeError) || Date.now() >= deadline) throw error;
        await wait(40);
      }
    }
  }

  async end() {
    if (this.session) await this.ask('DELETE', this.session);
  }

  goto(url) {
    return this.tell('/url', { url });
  }

  /** What the function says in the page, or the promise that it gives. */
  async evaluate(act, ...args) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${act})(...Array.from(arguments).slice(0, -1)))
        .then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.tell('/execute/async', { script, args });
    if (error) throw new Error(error);
    return value;
  }

  /** Until the function is true in the page. */
  async until(act, ...args) {
    for (const deadline = Date.now() + DEADLINE; !await this.evaluate(act, ...args);) {
      assert.ok(Date.now() < deadline, `never: ${act} ${JSON.stringify(args)}`);
      await wait(40);
    }
  }

  /** What it is in the protocol; waits until it is there, can be seen and, with `text`, says that. */
  async find(selector, text = '') {
    const script = `return Array.from(document.querySelectorAll(arguments[0]))
      .find((one) => one.textContent.includes(arguments[1]) && one.getClientRects().length > 0)`;
    for (const deadline = Date.now() + DEADLINE; ;) {
      const found = await this.unlessStale(() => this.tell('/execute/sync', { script, args: [selector, text] }));
      if (found) return `/element/${found[ELEMENT]}`;
      assert.ok(Date.now() < deadline, `never: ${selector} ${text}`);
      await wait(40);
    }
  }

  /** Nothing when the page has put another element there meanwhile. */
  async unlessStale(act) {
    try {
      return await act();
    } catch (error) {
      if (!error.message.includes('stale element')) throw error;
      return undefined;
    }
  }

  /** Do this to the element that there is then. */
  async to(selector, text, act) {
    const done = {};
    while (await this.unlessStale(async () => {
      await act(await this.find(selector, text));
      return done;
    }) !== done);
  }

  click(selector, text) {
    return this.to(selector, text, (element) => this.tell(`${element}/click`));
  }

  /** Press the mouse on it, do this, which the page's stream then has heard of, and release. */
  async press(selector, text, news) {
    await this.evaluate(watchNews);
    const steps = (...actions) => this.tell('/actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] });
    await this.to(selector, text, (element) => steps(
      { type: 'pointerMove', origin: { [ELEMENT]: element.split('/').pop() }, x: 0, y: 0 },
      { type: 'pointerDown', button: 0 },
    ));
    await tellNews(this, news);
    await steps({ type: 'pointerUp', button: 0 });
    await this.evaluate(() => window.unwatch());
  }

  type(selector, text) {
    return this.to(selector, '', (element) => this.tell(`${element}/value`, { text }));
  }

  /** A new tab, which is the one that is asked from now on; `turnTo` goes back to another. */
  async newTab() {
    const { handle } = await this.tell('/window/new', { type: 'tab' });
    await this.turnTo(handle);
    return handle;
  }

  close() {
    return this.ask('DELETE', `${this.session}/window`);
  }

  tab() {
    return this.ask('GET', `${this.session}/window`);
  }

  turnTo(handle) {
    return this.tell('/window', { handle });
  }
}
