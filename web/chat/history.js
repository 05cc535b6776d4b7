// SPDX-License-Identifier: MIT
//
// History, a page at a time: backwards from what is there, and forward over a gap.

/** More than so many pages are no gap to be filled but another beginning. */
const GAP_PAGES = 3;
const GAP_PAGE = 200;
/** Pages that show nothing (reactions, say) are followed by another one, so many at most. */
const EMPTY_PAGES = 5;

export class History {
  /**
   * @param {import('./http.js').Http} http
   * @param {import('./model.js').Model} model
   * @param {number} page messages at a time
   */
  constructor(http, model, page) {
    this.http = http;
    this.model = model;
    this.page = Math.min(page, GAP_PAGE);
    this.running = new Map();
  }

  fetch(one, query) {
    return this.http.request(`history/${one.view.id}?${new URLSearchParams(query)}`);
  }

  /** The page before the oldest; two at a time are one. @returns {Promise<boolean>} whether there is more */
  older(one) {
    const { running } = this;
    if (!running.has(one)) running.set(one, this.back(one).finally(() => running.delete(one)));
    return running.get(one);
  }

  async back(one) {
    const { view } = one;
    if (!view.more) return false;
    const found = [];
    this.loading(view, true);
    try {
      for (let i = 0; i < EMPTY_PAGES && view.more && !found.length; i += 1) found.push(...await this.pageBefore(one));
      one.loaded = true;
      one.count();
    } finally {
      this.loading(view, false);
    }
    this.model.emit('history', { thread: view, messages: found, where: 'front' });
    return view.more;
  }

  async pageBefore(one) {
    const { epoch } = one;
    const query = { limit: this.page };
    if (one.first < Infinity) query.before = one.first;
    const { stanzas, more } = await this.fetch(one, query);
    // Forgotten meanwhile: this page may not be the one before what is there now.
    if (epoch !== one.epoch) return this.pageBefore(one);
    one.view.more = more && stanzas.length > 0;
    return takeAll(one, stanzas);
  }

  /**
   * What was missed behind `one.solid`, where a list of threads shows that something was.
   * @param {() => boolean} whole whether nothing more was missed since
   */
  async fill(one, whole) {
    let after = one.solid;
    for (let i = 0, more = true; more; i += 1) {
      const page = i < GAP_PAGES && await this.fetch(one, { after, limit: GAP_PAGE });
      // None: there is less than is known here, a backup was restored.
      if (!page || !page.stanzas.length) return this.anew(one, whole);
      takeAll(one, page.stanzas);
      after = page.stanzas[page.stanzas.length - 1].seq;
      more = page.more;
    }
    if (whole()) one.solid = null;
    one.count();
    this.others(one, 'end');
  }

  async anew(one, whole) {
    one.clear();
    await this.back(one);
    if (whole()) one.solid = null;
    this.others(one, 'all');
  }

  others({ view }, where) {
    this.model.emit('history', { thread: view, messages: view.messages, where });
    this.model.emit('thread', { thread: view });
  }

  loading(view, loading) {
    view.loading = loading;
    this.model.emit('thread', { thread: view });
  }
}

/** @returns {object[]} the messages among them that were not there before */
function takeAll(one, stanzas) {
  return stanzas.map((stanza) => one.take(stanza, false)).filter((taken) => taken.isNew).map((taken) => taken.message);
}
