// SPDX-License-Identifier: MIT
//
// A page that has nothing but the library, and keeps what it says. Its address tells what the browser shall lack
// (`without=EventSource,locks,BroadcastChannel`) and with what it starts (`transport`, `patience`, `share`, `page`, `base`; `login`: a user whose
// name and password the page itself has).

const query = new URLSearchParams(window.location.search);

/** Tabs that elect a leader wait for one's answer (web/chat/tabs.js): as long as a busy machine may need for it. */
function electPatiently() {
  const ELECT_MSEC = 400;
  const { setTimeout: later } = window;
  window.setTimeout = (act, msec, ...args) => later(act, msec === ELECT_MSEC ? 5 * msec : msec, ...args);
}

for (const name of (query.get('without') ?? '').split(',')) {
  if (name === 'locks') {
    Object.defineProperty(navigator, 'locks', { value: undefined });
    electPatiently();
  } else if (name) window[name] = undefined;
}

/** The streams that this tab has asked for; the requests that were sent. */
const counted = { events: 0, polls: 0, sends: 0 };

if (window.EventSource) {
  window.EventSource = class extends window.EventSource {
    constructor(...given) {
      super(...given);
      counted.events += 1;
    }
  };
}

const plainFetch = window.fetch.bind(window);
window.fetch = (address, how) => {
  if (/\/stream\?.*wait=[1-9]/.test(address)) counted.polls += 1;
  if (/\/send-message/.test(address)) counted.sends += 1;
  return plainFetch(address, how);
};

// A pause of a busy machine is not for tests to take for a proxy: those of proxies say how long is long.
const options = { share: query.get('share') !== 'no', patience: Number(query.get('patience') ?? 30000) };
if (query.has('base')) options.base = query.get('base');
if (query.has('transport')) options.transport = query.get('transport');
if (query.has('login')) options.authorization = () => `Basic ${btoa(`${query.get('login')}:${query.get('login')}`)}`;
if (query.has('page')) options.page = Number(query.get('page'));

const chat = new window.SpoolChat(options);
const events = [];
for (const type of ['connection', 'reset', 'person', 'threads', 'thread', 'message', 'change', 'remove', 'history',
  'typing', 'read', 'member', 'error', 'stanza']) {
  chat.addEventListener(type, ({ detail }) => events.push({ type, ...detail }));
}

/** What a thread shows, one word or two a message. */
function shown(id) {
  const thread = chat.threads.get(id);
  return thread ? thread.messages.map((one) => (one.retracted ? '(retracted)' : one.text ?? `(${one.subject})`)) : [];
}

Object.assign(window, { chat, counted, events, shown });
