// SPDX-License-Identifier: MIT
//
// A message, and what was said about it later: its newest correction, each one's newest reaction, its retraction.
// What is shown is made of these anew each time; `about` may be there before the message is (history comes backwards).

/**
 * What was said about a number of a thread. `own` is what this tab has changed and the server has not answered yet.
 * @returns {{correction: object|null, retracted: boolean, reactions: Map<string, {seq: number, text: string}>, own: object[]}}
 */
export function newAbout() {
  return { correction: null, retracted: false, reactions: new Map(), own: [] };
}

/**
 * Take in a stanza that is about another.
 * @param {object} about
 * @param {{seq: number, timestamp: string, message: object}} stanza
 */
export function takeAbout(about, { seq, timestamp, message }) {
  const { correction, reactions } = about;
  if (message.retracts) about.retracted = true;
  else if (message.replaces) {
    if (!correction || correction.seq < seq) about.correction = { seq, timestamp, message };
  } else {
    const user = message.sender.id;
    const before = reactions.get(user);
    if (!before || before.seq < seq) reactions.set(user, { seq, text: message.reaction.text });
  }
}

/** The number a stanza is about, or null. */
export function aboutWhat(message) {
  const named = message.replaces || message.retracts || message.reaction?.to;
  return named ? Number(named.seq) : null;
}

/** @returns {import('../chat.js').Message} one on its way, or to be filled in by `fillMessage` */
export function newMessage(thread, sender, id, key) {
  return {
    key, thread, id, seq: null, sender, mine: false, timestamp: '', time: 0, kind: 'message', type: 'plain', text: null,
    subject: null, language: null, attachments: [], state: 'sending', error: null, progress: null, edited: null,
    retracted: false, reactions: [], changing: false, raw: {},
  };
}

/** When it is of, by the server or by this page. */
export function setTime(message, timestamp) {
  message.timestamp = timestamp;
  message.time = Date.parse(timestamp);
}

/**
 * Make of a message what shall be shown.
 * @param {import('../chat.js').Message} message
 * @param {object|undefined} about
 * @param {{get: (user: string) => object, me: object}} people
 */
export function showMessage(message, about, people) {
  const own = about?.own ?? [];
  const correction = about?.correction;
  const edit = own.filter((change) => change.replaces).pop();
  const shown = { ...message.raw, ...(edit || correction?.message) };
  message.retracted = Boolean(about?.retracted || own.some((change) => change.retracts));
  message.changing = own.length > 0;
  message.edited = correction?.timestamp ?? null;
  message.type = shown.type || 'plain';
  message.language = shown.language || null;
  message.text = message.retracted ? null : shown.text ?? null;
  message.subject = message.retracted ? null : shown.subject ?? null;
  message.attachments = message.retracted || !Array.isArray(shown.attachments) ? [] : shown.attachments;
  message.reactions = message.retracted || !about ? [] : gather(about, people);
}

/** Reactions by what they say, those first made in front, in whatever order they came. */
function gather(about, people) {
  const each = new Map(about.reactions);
  for (const { reaction } of about.own) if (reaction) each.set(people.me.id, { seq: Infinity, text: reaction.text });
  const byText = new Map();
  for (const [user, { text }] of [...each].sort(([, a], [, b]) => a.seq - b.seq)) {
    if (text) byText.set(text, [...(byText.get(text) || []), people.get(user)]);
  }
  return [...byText].map(([text, list]) => ({ text, people: list, mine: list.includes(people.me) }));
}
