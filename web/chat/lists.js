// SPDX-License-Identifier: MIT
//
// The lists that a model begins with, and is mended by after a gap: `threads`, `get-friends`.

import { Backoff } from './waiting.js';

const PAGE = 200;
const PREVIEWS = 20;
const TRIES = 10;
const FIRST_MSEC = 100;

export class Lists {
  /**
   * @param {import('./http.js').Http} http
   * @param {import('./model.js').Model} model
   * @param {import('./history.js').History} history
   */
  constructor(http, model, history) {
    this.http = http;
    this.model = model;
    this.history = history;
  }

  /** All of it. @returns {Promise<string>} the cursor that was taken before */
  async load() {
    const { model } = this;
    const before = new Set(model.threads.keys());
    const { doubts } = model;
    const whole = () => doubts === model.doubts;
    model.doubt();
    const [{ cursor, threads: entries, next }] = await Promise.all([this.page(), this.friends()]);
    for (let after = next; after;) {
      const page = await this.page(after);
      entries.push(...page.threads);
      after = page.next;
    }
    // Who has left meanwhile was in it when this was asked for.
    const here = entries.filter(({ id }) => model.threads.has(id) || !before.has(id));
    here.forEach(({ id }) => before.delete(id));
    before.forEach((id) => model.gone(id));
    const gaps = here.filter((entry) => model.listed(entry, whole())).map((entry) => model.conversation(entry.id));
    await Promise.all(gaps.map((one) => this.history.fill(one, whole)));
    this.previews();
    return cursor;
  }

  /** Where the last thing said is about an earlier message there is none to show: it is fetched, one after another. */
  async previews() {
    const { model, history } = this;
    const bare = [...model.conversations.values()].filter((one) => !one.view.last && one.view.newest);
    for (const one of bare.sort((a, b) => b.view.time - a.view.time).slice(0, PREVIEWS)) await history.older(one).catch(() => {});
  }

  page(after) {
    return this.http.request(`threads?limit=${PAGE}${after ? `&after=${after}` : ''}`);
  }

  async friends() {
    const { friends } = await this.http.request('get-friends');
    this.model.people.friends(friends);
  }

  /** One thread that is not in the list yet, or has changed. Nobody else is told when it cannot be had. */
  async thread(id) {
    const { model } = this;
    const one = model.conversation(id);
    const { threads } = await this.http.request(`threads?thread=${id}`);
    // Who has left meanwhile was in it when this was asked for.
    if (one === model.conversations.get(id)) model.describe(one, threads[0]);
    return one.view;
  }

  /**
   * The same, when the stream names it. It is named once, so this is tried again; also where there is none: the stream
   * may say that one is in a room a moment before the room's list does.
   */
  async unknown(id) {
    const one = this.model.conversation(id);
    if (one.asked) return;
    one.asked = true;
    const backoff = new Backoff(FIRST_MSEC);
    for (let again = true; again && backoff.failures < TRIES;) {
      again = await this.thread(id).then(() => false, () => true);
      if (again) await new Promise((resolve) => { setTimeout(resolve, backoff.next()); });
    }
    one.asked = false;
  }
}
