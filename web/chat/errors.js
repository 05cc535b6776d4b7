// SPDX-License-Identifier: MIT
//
// What went wrong, as the server said it (RFC 9457), or that it could not be asked at all.

/** An answer that was an error; `status` is 0 when there was none. */
export class ChatError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, errors?: object|null, retryAfter?: number|null, unreadable?: boolean}} [about]
   */
  constructor(message, about = {}) {
    super(message);
    this.name = 'ChatError';
    this.status = about.status || 0;
    this.errors = about.errors || null;
    this.retryAfter = about.retryAfter || null;
    this.unreadable = Boolean(about.unreadable);
  }

  /** Whether the same again may succeed, soon: room for a file is made by people. */
  get temporary() {
    const { status } = this;
    if (this.unreadable || status === 507) return false;
    return status === 0 || status === 408 || status === 429 || status >= 500 || this.login;
  }

  /** Whether the web server does not (any more) know who asks. */
  get login() {
    return this.status === 401;
  }
}

/** @returns {number|null} seconds of a header `Retry-After`, which may be a date, too. */
function retrySeconds(header) {
  if (!header) return null;
  const seconds = Number(header);
  return Number.isNaN(seconds) ? Math.max(0, (Date.parse(header) - Date.now()) / 1000) || null : seconds;
}

/**
 * What an answer brings. A page where JSON should be is a login form that somebody led us to.
 * @param {number} status
 * @param {string} text the body
 * @param {string|null} retryAfter the header
 * @returns {object|null} null for 204
 */
export function readAnswer(status, text, retryAfter) {
  if (status === 204) return null;
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not ours: null says so.
  }
  const ok = status >= 200 && status < 300;
  if (ok && body) return body;
  const problem = body || {};
  throw new ChatError(problem.detail || problem.title || `HTTP ${status}`, {
    status: ok ? 401 : status,
    errors: problem.errors,
    retryAfter: retrySeconds(retryAfter),
  });
}
