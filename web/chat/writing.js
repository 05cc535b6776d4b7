// SPDX-License-Identifier: MIT
//
// Who is writing just now. They say so every few seconds; who falls silent has stopped, whether or not they said it.

const WRITING_MSEC = 8000;

export class Writing {
  /** @param {(type: string, detail: object) => void} emit */
  constructor(emit) {
    this.emit = emit;
    this.timers = new Map();
  }

  start(thread, person) {
    const timers = this.of(thread);
    clearTimeout(timers.get(person));
    timers.set(person, setTimeout(() => this.stop(thread, person), WRITING_MSEC));
    if (!thread.typing.includes(person)) this.set(thread, [...thread.typing, person]);
  }

  stop(thread, person) {
    if (!thread.typing.includes(person)) return;
    clearTimeout(this.of(thread).get(person));
    this.set(thread, thread.typing.filter((one) => one !== person));
  }

  of(thread) {
    if (!this.timers.has(thread)) this.timers.set(thread, new Map());
    return this.timers.get(thread);
  }

  set(thread, people) {
    thread.typing = people;
    this.emit('typing', { thread });
  }
}
