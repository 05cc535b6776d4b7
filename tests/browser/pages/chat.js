// SPDX-License-Identifier: MIT
//
// What the original server's own page does with the stream: an EventSource with the browser's login, which
// reconnects as browsers do.

window.client = { shown: [], people: {}, opened: 0 };

function showMessage(stanza, message) {
  const at = new Date(`${stanza.timestamp.split('.')[0]}+00:00`);
  window.client.shown.push({
    text: message.text,
    thread: message.thread,
    from: message.sender.displayName,
    title: message.members.map((member) => member.displayName).join(', '),
    at: at.toISOString(), // throws when it is no date
  });
}

const source = new EventSource('/nereid-chat/stream');
source.addEventListener('open', () => { window.client.opened += 1; });
source.addEventListener('message', (event) => {
  const stanza = JSON.parse(event.data);
  if (stanza.type === 'message') showMessage(stanza, stanza.message);
  else if (stanza.type === 'presence') window.client.people[stanza.presence.entity.id] = stanza.presence.available;
});
