// SPDX-License-Identifier: MIT
//
// What opens over the page: small panels beside a button, and dialogs. Escape closes, the focus goes back to where
// it was.

import { arrows, el, focused, freshId } from './dom.js';
import { iconButton } from './icons.js';
import { t } from './words.js';

const EDGE_PX = 8;

let shown = null; // one panel at a time

/** A panel beside `anchor`, in `root`; none when that was open. Answers a function that closes it. */
export function openPopup(root, anchor, label, content) {
  const again = shown && shown.anchor === anchor && shown.panel.isConnected;
  if (shown) shown.close();
  if (again) return null;
  const back = focused(root);
  const panel = el('div.popup', { role: 'dialog', 'aria-label': label }, content);
  const close = () => {
    document.removeEventListener('pointerdown', outside, true);
    if (shown && shown.panel === panel) shown = null;
    if (!panel.isConnected) return;
    const inside = panel.contains(focused(root));
    panel.remove();
    anchor.setAttribute('aria-expanded', 'false');
    if (inside && back && back.isConnected) back.focus({ preventScroll: true });
  };
  // Inside of a shadow root the document sees the host only: the path knows.
  const outside = (event) => {
    const path = event.composedPath();
    if (!path.includes(panel) && !path.includes(anchor)) close();
  };
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  });
  document.addEventListener('pointerdown', outside, true);
  root.append(panel);
  shown = { anchor, panel, close };
  anchor.setAttribute('aria-expanded', 'true');
  placePopup(root, anchor, panel);
  arrows(panel, 'button', false);
  const first = panel.querySelector('button, input, select');
  if (first) first.focus({ preventScroll: true });
  return close;
}

/** Above or below, where there is room, and inside of the root. */
function placePopup(root, anchor, panel) {
  const frame = root.getBoundingClientRect();
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = at.bottom + height + EDGE_PX < frame.bottom;
  const start = getComputedStyle(root).direction === 'rtl' ? at.left : at.right - width;
  const left = Math.min(Math.max(start, frame.left + EDGE_PX), frame.right - width - EDGE_PX);
  const top = Math.max(below ? at.bottom + 4 : at.top - height - 4, frame.top + EDGE_PX);
  panel.style.left = `${left - frame.left}px`;
  panel.style.top = `${top - frame.top}px`;
}

/** A dialog with a title and a button that closes it. */
export function openDialog(root, title, content) {
  const back = focused(root);
  const id = freshId();
  const dialog = el(
    'dialog.dialog',
    { 'aria-labelledby': id },
    el(
      'header.dialog-head',
      null,
      el('h2', { id }, title),
      iconButton('close', t('close'), { onclick: () => dialog.close() }),
    ),
    el('div.dialog-body', null, content),
  );
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (back && back.isConnected) back.focus({ preventScroll: true });
  });
  // Beside the dialog is its backdrop.
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  root.append(dialog);
  dialog.showModal();
  const first = dialog.querySelector('.dialog-body input, .dialog-body select, .dialog-body button');
  if (first) first.focus();
  return dialog;
}

/** Whether somebody means it. */
export function askFirst(root, question, yes, act) {
  const dialog = openDialog(
    root,
    question,
    el(
      'div.choices',
      null,
      el('button.quiet', { type: 'button', onclick: () => dialog.close() }, t('cancel')),
      el(
        'button.danger',
        {
          type: 'button',
          onclick: () => {
            dialog.close();
            act();
          },
        },
        yes,
      ),
    ),
  );
  return dialog;
}

/** A checkbox with its label. */
export function checkbox(label, checked, change, note) {
  return el(
    'label.check',
    null,
    el('input', { type: 'checkbox', checked, onchange: (event) => change(event.target.checked, event.target) }),
    el('span', null, label, note && el('small', null, note)),
  );
}

/** A field with its label above. */
export function field(label, control) {
  const id = freshId();
  control.id = id;
  return el('div.field', null, el('label', { htmlFor: id }, label), control);
}
