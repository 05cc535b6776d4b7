// SPDX-License-Identifier: MIT
//
// The page's drawings, lines of two units in a square of 24.

import { drawing, el } from './dom.js';

const ICON_PATHS = {
  back: ['M15 5l-7 7 7 7'],
  close: ['M6 6l12 12M18 6L6 18'],
  send: ['M4 12l16-8-6 16-3-7z'],
  clip: ['M8 12l6-6a3.5 3.5 0 015 5l-8 8a5 5 0 01-7-7l8-8'],
  smile: ['M12 3a9 9 0 100 18 9 9 0 000-18z', 'M8.5 14.5a4 4 0 007 0', 'M9 9.5v.5M15 9.5v.5'],
  reply: ['M9 7l-5 5 5 5', 'M4 12h10a6 6 0 016 6'],
  edit: ['M4 20l1-5L16 4l4 4L9 19z', 'M14 6l4 4'],
  bin: ['M5 7h14M10 7V4h4v3', 'M7 7l1 13h8l1-13'],
  copy: ['M9 9h11v11H9z', 'M15 9V4H4v11h5'],
  people: ['M9 4a4 4 0 100 8 4 4 0 000-8z', 'M2 20a7 7 0 0114 0', 'M16 5a3.5 3.5 0 010 6.6', 'M18 14a6 6 0 014 6'],
  plus: ['M12 5v14M5 12h14'],
  search: ['M10.5 4a6.5 6.5 0 100 13 6.5 6.5 0 000-13z', 'M15.5 15.5L20 20'],
  gear: [
    'M12 9a3 3 0 100 6 3 3 0 000-6z',
    'M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2',
  ],
  down: ['M6 10l6 6 6-6'],
  clock: ['M12 4a8 8 0 100 16 8 8 0 000-16z', 'M12 8v4l3 2'],
  check: ['M5 13l4 4L19 7'],
  checks: ['M2 13l4 4L15 8', 'M11 16l1 1 10-10'],
  warn: ['M12 4L2.5 20h19z', 'M12 10v4M12 17v.5'],
  file: ['M6 3h8l4 4v14H6z', 'M14 3v4h4'],
  room: ['M5 9h15M4 15h15M10 4L8 20M16 4l-2 16'],
  bubbles: ['M4 5h13v9H9l-5 4z', 'M20 9v11l-4-3h-6'],
};

export function icon(name) {
  return drawing(ICON_PATHS[name], name);
}

/** A button that shows a drawing and says `label`. */
export function iconButton(name, label, attributes) {
  return el('button.ib', { type: 'button', 'aria-label': label, title: label, ...attributes }, icon(name));
}
