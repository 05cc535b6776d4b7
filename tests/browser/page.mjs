// SPDX-License-Identifier: MIT
//
// The page in a real browser, for its tests: open it as somebody, find what people see, and keep a record of what
// must never happen: a violation of its policy, a script error, an answer from elsewhere.

import assert from 'node:assert/strict';
import { onScriptError, startBrowser, startSite } from './site.mjs';

const DEADLINE = 20000;

/**
 * A site and a browser for the page. `open(user)` opens the page, `member(user)` is somebody without one; `stop()` ends
 * it all and tells of violations. Closed pages are noticed late by the web server, so that their streams would count as
 * somebody's who has too many.
 */
export async function startPages(settings = {}, options = {}) {
  Object.assign(process.env, {
    SPOOLCHAT_MESSAGES_PER_MINUTE: '0', SPOOLCHAT_USER_STREAMS: '0', SPOOLCHAT_MAX_STREAMS: '0', ...settings,
  });
  const site = await startSite();
  const running = await startBrowser(options);
  const faults = [];
  const open = (user, options) => openChat(running.browser, site, user, options, faults);
  const stop = async () => {
    await running.stop();
    await site.stop();
    assert.deepEqual(faults, []);
  };
  const member = (user) => new Member(site, user);
  return { site, open, member, stop, faults };
}

/** So many, one after the other, that the page has had the time to show the first of them. */
export const NEWS = 4;

/** In the page: hear what its stream hears, from now on. `window.heard(n)`: whether that was `news n`. */
export function watchNews() {
  let all = '';
  const stream = new EventSource('/nereid-chat/stream');
  stream.addEventListener('message', ({ data }) => { all += data; });
  window.heard = (number) => all.includes(`news ${number}`);
  window.unwatch = () => stream.close();
  return new Promise((resolve) => { stream.addEventListener('open', () => resolve()); });
}

/** Tell them, each when the page has heard the one before. */
export async function tellNews(page, news) {
  for (let i = 0; i < NEWS; i += 1) {
    await news(i);
    await page.until((number) => window.heard(number), i);
  }
}

/** In the page: what its policy has stopped, and whether somebody's text has run (window.ran). */
export function watchPolicy() {
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => {
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });
}

async function openChat(browser, site, user, options, faults) {
  const { address = '/chat/', ...rest } = options ?? {};
  const context = await browser.newContext({
    httpCredentials: { username: user, password: user }, viewport: { width: 1280, height: 800 }, ...rest,
  });
  const page = await context.newPage();
  await page.addInitScript(watchPolicy);
  onScriptError(page, (error) => faults.push(`${user}: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push(`${user}: a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => {
    if (!request.url().startsWith(site.origin)) faults.push(`${user}: asked ${request.url()}`);
  });
  page.setDefaultTimeout(DEADLINE);
  await page.goto(site.origin + address);
  return new Chat(page, site, user);
}

/** Somebody who is logged in, without a page of their own: who only says something needs none. */
class Member {
  constructor(site, user) {
    Object.assign(this, { site, user });
  }

  /** POST or GET an endpoint as this user. */
  async ask(path, json) {
    const response = await fetch(`${this.site.base}/${path}`, {
      method: json ? 'POST' : 'GET',
      headers: {
        Authorization: `Basic ${Buffer.from(`${this.user}:${this.user}`).toString('base64')}`,
        ...(json && { 'Content-Type': 'application/json' }),
      },
      body: json && JSON.stringify(json),
    });
    const answer = await response.json();
    assert.ok(response.ok, `${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Say anything, as any client could. */
  async tell(thread, message, rest) {
    return this.ask('send-message', { type: 'message', message: { thread, ...message }, ...rest });
  }
}

/** What somebody does with the page, in words. */
class Chat extends Member {
  constructor(page, site, user) {
    super(site, user);
    this.page = page;
    this.composer = page.locator('.composer textarea');
    this.rows = page.locator('.log .row');
  }

  /** Until the conversations are there. */
  async ready() {
    await this.page.locator('.side .people li, .log').first().waitFor();
    await this.page.locator('.connection[data-state="online"]').first().waitFor({ state: 'attached' });
    return this;
  }

  /** Poll in the page until `check(argument)` is true there. */
  async until(check, argument) {
    for (const deadline = Date.now() + DEADLINE; ;) {
      if (await this.page.evaluate(check, argument)) return;
      assert.ok(Date.now() < deadline, `${this.user}: never: ${check} ${JSON.stringify(argument)}`);
      await new Promise((resolve) => { setTimeout(resolve, 40); });
    }
  }

  async talkTo(name) {
    await this.page.locator('.side .people button', { hasText: name }).click();
    await this.page.locator('.thread-title h2', { hasText: name }).waitFor();
  }

  async openThread(name) {
    await this.page.locator('.side .threads button', { has: this.page.locator('.name', { hasText: name }) }).click();
    await this.page.locator('.thread-title h2', { hasText: name }).waitFor();
  }

  /** Press the mouse there, do this, which the page's stream then has heard of, and release. */
  async press(where, news) {
    await this.page.evaluate(watchNews);
    const box = await where.boundingBox();
    await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await this.page.mouse.down();
    await tellNews(this, news);
    await this.page.mouse.up();
    await this.page.evaluate(() => window.unwatch());
  }

  /** Keep back the page's next request of that kind; the answer is a function that waits for it. */
  async hold(method, address) {
    let take;
    const held = new Promise((resolve) => { take = resolve; });
    const act = (route) => {
      if (!take || route.request().method() !== method) return route.fallback();
      take(route);
      take = null;
      return null;
    };
    await this.page.route(address, act);
    return () => held;
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** Go on writing until `other` sees it: who has just said something is not announced again at once. */
  async writeUntilSeen(other) {
    for (const deadline = Date.now() + DEADLINE; !await other.page.locator('.typing .dots').isVisible();) {
      assert.ok(Date.now() < deadline, `${this.user} writes, and ${other.user} does not see it`);
      await this.composer.pressSequentially('x', { delay: 200 });
    }
  }

  /** The message that says it, not one that quotes it. */
  row(text) {
    return this.rows.filter({ has: this.page.locator('.text', { hasText: text }) });
  }

  async sees(text) {
    await this.row(text).first().waitFor();
  }

  /** What each bubble says, without what stands around it. */
  texts() {
    return this.page.locator('.log .row .bubble .text').allInnerTexts();
  }

  /** Press what a message's bar has under this name. */
  async act(text, name) {
    await this.row(text).last().hover();
    await this.page.locator('.tools').getByRole('button', { name, exact: true }).click();
  }

  async expectNoViolation() {
    assert.deepEqual(await this.page.evaluate(() => window.violations), []);
  }
}
