// SPDX-License-Identifier: MIT
//
// Emoji to choose from: the first few for reactions, all for whoever wants more.

import { el } from './dom.js';

export const QUICK_EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '😢'];

const MORE_EMOJI = [
  '👍',
  '👎',
  '❤️',
  '🎉',
  '👏',
  '🙏',
  '🔥',
  '✅',
  '❌',
  '👀',
  '💯',
  '🤔',
  '😀',
  '😂',
  '😅',
  '😊',
  '😍',
  '😎',
  '😮',
  '😢',
  '😭',
  '😡',
  '😴',
  '🤗',
  '🙂',
  '😉',
  '😐',
  '🙄',
  '🤷',
  '🤝',
  '💪',
  '👋',
  '🚀',
  '💡',
  '⚠️',
  '☕',
  '🍰',
  '🌈',
  '⭐',
  '🎂',
  '🐞',
  '📌',
  '📷',
  '🔧',
  '⏰',
  '💬',
  '❓',
  '✨',
];

/** A board of them; `choose` gets the one that was pressed. */
export function emojiBoard(choose) {
  return el(
    'div.emoji-board',
    null,
    MORE_EMOJI.map((one) => el('button', { type: 'button', onclick: () => choose(one) }, one)),
  );
}
