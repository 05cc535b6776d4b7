// SPDX-License-Identifier: MIT
//
// How long to wait before the next try, and a sleep that can be cut short.

/** Each failure doubles the wait. Half of it is chance, so that those cut off together do not come back together. */
export class Backoff {
  constructor(first = 1000, most = 30000) {
    this.first = first;
    this.most = most;
    this.failures = 0;
  }

  reset() {
    this.failures = 0;
  }

  /**
   * @param {number|null} [seconds] what the server asked for; never less than that
   * @returns {number} milliseconds
   */
  next(seconds) {
    const full = Math.min(this.most, this.first * 2 ** this.failures);
    this.failures += 1;
    return (seconds || 0) * 1000 + full * (0.5 + Math.random() / 2);
  }
}

export class Nap {
  constructor() {
    this.end = null;
  }

  /** @param {number} msec Infinity: until somebody wakes */
  sleep(msec) {
    return new Promise((resolve) => {
      const timer = msec < Infinity ? setTimeout(() => this.wake(), msec) : 0;
      this.end = () => {
        clearTimeout(timer);
        this.end = null;
        resolve();
      };
    });
  }

  /** @returns {boolean} whether somebody slept */
  wake() {
    if (!this.end) return false;
    this.end();
    return true;
  }
}
