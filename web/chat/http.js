// SPDX-License-Identifier: MIT
//
// Requests to the endpoints: with the browser's login, or with a token where one opens the door.

import { ChatError, readAnswer } from './errors.js';

const ANSWER_SEC = 30;

export class Http {
  /**
   * @param {string} base where the endpoints are
   * @param {(() => string|null|Promise<string|null>)|undefined} authorization
   */
  constructor(base, authorization) {
    this.base = new URL(base.replace(/\/?$/, '/'), document.baseURI).href;
    this.authorization = authorization;
  }

  url(path) {
    return this.base + path;
  }

  /** What goes into the header `Authorization`, or null. */
  async credentials(token) {
    if (token) return `Bearer ${token}`;
    return this.authorization ? this.authorization() : null;
  }

  /**
   * @param {string} path
   * @param {{method?: string, json?: object, token?: string, signal?: AbortSignal, seconds?: number}} [how]
   * @returns {Promise<object|null>} the answer; a ChatError is thrown otherwise
   */
  async request(path, { method = 'GET', json, token, signal, seconds = ANSWER_SEC } = {}) {
    const headers = {};
    const credentials = await this.credentials(token);
    if (credentials) headers.Authorization = credentials;
    if (json) headers['Content-Type'] = 'application/json';
    const limit = timeLimit(seconds, signal);
    try {
      const response = await fetch(this.url(path), {
        method, headers, body: json && JSON.stringify(json), credentials: 'include', cache: 'no-store', signal: limit.signal,
      });
      const text = await response.text();
      return readAnswer(response.status, text, response.headers.get('Retry-After'));
    } catch (error) {
      throw error instanceof ChatError ? error : new ChatError(String(error?.message));
    } finally {
      limit.over();
    }
  }

  post(path, json = {}) {
    return this.request(path, { method: 'POST', json });
  }
}

/** A signal that is given after some time, or when another one is. */
function timeLimit(seconds, outer) {
  const control = new AbortController();
  const abort = () => control.abort();
  const timer = setTimeout(abort, seconds * 1000);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort);
  const over = () => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  };
  return { signal: control.signal, over };
}
