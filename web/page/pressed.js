// SPDX-License-Identifier: MIT
//
// While a button is pressed nothing is made anew. A list that moves puts another under the finger, and a browser may
// forget a press when what is in the button has been replaced (WebKit does).

const MOST_MS = 10000; // should a browser not tell the end
const TAP_MS = 50; // a tap's click comes after its end
const CONTROLS = 'button, a, label, input, summary'; // a list of choices may never be told to be released

const waiting = [];
let pressed = false;
let pointer = 0; // a finger of several
let timer = 0;

function release() {
  pressed = false;
  for (const act of waiting.splice(0)) queueMicrotask(act);
}

function releaseIn(ms) {
  clearTimeout(timer);
  timer = setTimeout(release, ms);
}

window.addEventListener('pointerdown', (event) => {
  const on = event.composedPath()[0];
  if (event.button !== 0 || !(on instanceof Element) || !on.closest(CONTROLS)) return;
  pressed = true;
  pointer = event.pointerId;
  releaseIn(MOST_MS);
}, true);
for (const type of ['pointerup', 'pointercancel', 'contextmenu']) {
  window.addEventListener(type, (event) => {
    if (pressed && (event.pointerId === pointer || type === 'contextmenu')) releaseIn(TAP_MS);
  }, true);
}

// What the press does is seen at once.
window.addEventListener('click', () => {
  if (!pressed) return;
  pressed = false;
  releaseIn(0);
}, true);

/** Do it now, or when nothing is pressed any more: in the order in which it is asked for. */
export function unpressed(act) {
  if (pressed || waiting.length) waiting.push(act);
  else act();
}
