// SPDX-License-Identifier: MIT
//
// The token (section 4.2): asked for when one is needed, kept in memory alone, given up when it is refused.

/** The browser may show its login window meanwhile. */
export const LOGIN_SEC = 300;
/** Of its life it is used for so much: the clock here and there may differ. */
const SHARE = 0.95;

export class Token {
  /** @param {import('./http.js').Http} http */
  constructor(http) {
    this.http = http;
    this.value = null;
    this.until = 0;
    this.asked = null;
    this.patient = false;
  }

  /** @returns {Promise<string>} */
  async get() {
    if (this.value && Date.now() < this.until) return this.value;
    // Who asks meanwhile waits for the same answer.
    if (!this.asked) this.asked = this.ask().finally(() => { this.asked = null; });
    return this.asked;
  }

  async ask() {
    const { patient } = this;
    this.patient = false;
    const answer = await this.http.request('token', { method: 'POST', seconds: patient ? LOGIN_SEC : undefined });
    this.value = answer.token;
    this.until = Date.now() + answer.expires_in * 1000 * SHARE;
    return this.value;
  }

  /** It was refused. Another one may be here already. */
  drop(value) {
    if (this.value === value) this.value = null;
  }

  /** Nobody needs it any more; whether the server hears of it decides nothing. */
  end() {
    const { value } = this;
    this.value = null;
    if (value) this.http.request(`token/${value}`, { method: 'DELETE' }).catch(() => {});
  }

  /**
   * A request with the token; with a new one when this one's time is over.
   * @param {string} path
   * @param {object} how as for Http.request
   */
  async request(path, how) {
    const token = await this.get();
    try {
      return await this.http.request(path, { ...how, token });
    } catch (error) {
      if (!error.login) throw error;
      this.drop(token);
      return this.http.request(path, { ...how, token: await this.get() });
    }
  }
}
