// SPDX-License-Identifier: MIT
//
// The list of messages by keyboard, and which message one means: up and down go from one to the next, Enter to
// what can be done with it. The list itself scrolls, and has the focus first.

import { focused } from './dom.js';

export function listenToLog(log) {
  log.node.addEventListener('keydown', (event) => logKey(log, event));
  log.node.addEventListener('focusin', (event) => log.context.meant(rowOf(event.target)));
  log.node.addEventListener('pointerover', (event) => {
    if (event.pointerType === 'mouse') log.context.meant(rowOf(event.target));
  });
  // A finger has no other way to say which one.
  log.node.addEventListener('click', (event) => {
    if (!event.target.closest('a, button, input')) log.context.meant(rowOf(event.target), true);
  });
}

const rowOf = (node) => node.closest('.row');

function logKey(log, event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const row = rowOf(focused(log.node));
  const to = logTarget(log, event.key, row);
  if (to) {
    event.preventDefault();
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: 'nearest' });
  } else if (event.key === 'Enter' && row && focused(log.node) === row) {
    event.preventDefault();
    log.context.tools(row);
  }
}

function logTarget(log, key, row) {
  const rows = Array.from(log.list.querySelectorAll('.row'));
  if (!rows.length) return null;
  const at = rows.indexOf(row);
  if (key === 'ArrowUp') return at < 0 ? rows[rows.length - 1] : rows[at - 1];
  if (key === 'ArrowDown' && at >= 0) return rows[at + 1];
  return null;
}
