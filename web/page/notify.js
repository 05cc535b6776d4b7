// SPDX-License-Identifier: MIT
//
// What tells somebody who looks elsewhere: the title, the browser's notifications, a sound. The last two only
// for who wants them.

import { changeSetting, settings } from './settings.js';
import { messageBrief, threadTitle } from './people.js';
import { t } from './words.js';

const SOUND_MS = 140;
const LOOK_MS = 300; // so long a tab that somebody looks at may take to say so
export const PAGE_TITLE = document.title;

/** How many messages nobody has looked at, before the page's title. */
export function showTitle(chat) {
  let unread = 0;
  for (const thread of chat.threads.values()) unread += thread.unread;
  document.title = unread ? `(${unread}) ${PAGE_TITLE}` : PAGE_TITLE;
}

/** The browser asks, once, and only after a click of ours. */
export async function askToNotify(on, box) {
  let allowed = false;
  if (on && 'Notification' in window) allowed = (await Notification.requestPermission()) === 'granted';
  box.checked = allowed;
  changeSetting('notify', allowed);
}

// Of several tabs the one that listens tells, when in none of them somebody looks.
const looks = typeof BroadcastChannel === 'function' ? new BroadcastChannel('spoolchat.looks') : null;
let lookedAt = 0;
if (looks) looks.onmessage = () => {
  lookedAt = Date.now();
};

/** `open` is called when the notification is clicked. */
export function tellMessage(message, chat, open) {
  const heardAt = Date.now();
  if (document.visibilityState === 'visible' && document.hasFocus()) {
    if (looks) looks.postMessage(null);
  } else if (chat.connection.how !== 'tab' && (settings.sound || settings.notify)) {
    setTimeout(() => lookedAt < heardAt && tell(message, open), LOOK_MS);
  }
}

function tell(message, open) {
  if (settings.sound) playSound();
  if (!settings.notify || !('Notification' in window) || Notification.permission !== 'granted') return;
  const { thread, sender } = message;
  const title =
    thread.others.length > 1
      ? t('name_in', { name: sender.displayName, room: threadTitle(thread) })
      : sender.displayName;
  try {
    // Several tabs say it once: the tag is the same.
    const shown = new Notification(title, { body: messageBrief(message), tag: `${thread.id} ${message.seq}` });
    shown.onclick = () => {
      window.focus();
      shown.close();
      open();
    };
  } catch {
    // Some phones have it for service workers only.
  }
}

let audio = null;

/** Two short tones, made here: there is no file to fetch. */
export function playSound() {
  const Audio = window.AudioContext;
  if (!Audio) return;
  audio = audio || new Audio();
  const gain = audio.createGain();
  gain.connect(audio.destination);
  const now = audio.currentTime;
  gain.gain.setValueAtTime(0.08, now);
  gain.gain.exponentialRampToValueAtTime(0.001, now + (2 * SOUND_MS) / 1000);
  [660, 880].forEach((pitch, i) => {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(gain);
    tone.start(now + (i * SOUND_MS) / 2000);
    tone.stop(now + ((i + 2) * SOUND_MS) / 1000);
  });
}
