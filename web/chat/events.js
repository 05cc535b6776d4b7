// SPDX-License-Identifier: MIT
//
// One event stream (section 4.2.2), from a cursor until it ends. Why it ends an EventSource does not tell.

/** An end so soon after the beginning is an answer: the site has too many streams. */
const QUICK_MSEC = 3000;

/**
 * @param {string} url with the token and the cursor
 * @param {number} patience milliseconds until it must have begun
 * @param {{opened: () => void, stanza: (stanza: object, cursor: string) => void, gap: (cursor: string) => void}} on
 * @returns {{end: Promise<'silent'|'refused'|'quick'|'ended'|'closed'>, close: () => void}} `close` ends it as 'closed'
 */
export function listenToEvents(url, patience, on) {
  const source = new EventSource(url);
  let close;
  const end = new Promise((resolve) => {
    let since = 0;
    const timer = setTimeout(() => finish('silent'), patience);
    const finish = (why) => {
      clearTimeout(timer);
      source.close();
      resolve(why);
    };
    const begun = () => {
      clearTimeout(timer);
      if (!since) on.opened();
      since ||= Date.now();
    };
    const hear = (event) => {
      begun();
      const stanza = readStanza(event.data);
      if (stanza) on.stanza(stanza, event.lastEventId);
    };
    source.onopen = begun;
    source.onmessage = hear;
    source.addEventListener('room', hear);
    source.addEventListener('limited', (event) => on.gap(event.lastEventId));
    // The browser would come back by itself, all tabs of the world after the same three seconds.
    source.onerror = () => {
      if (!since) finish('refused');
      else finish(Date.now() - since < QUICK_MSEC ? 'quick' : 'ended');
    };
    close = () => finish('closed');
  });
  return { end, close };
}

/** Whatever cannot be read is passed over, so that it does not stand in the way of what follows. */
function readStanza(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
