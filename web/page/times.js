// SPDX-License-Identifier: MIT
//
// Times and sizes as people write them, by Intl. Making a formatter takes a millisecond, so each is kept.

import { el } from './dom.js';
import { localeTag, t } from './words.js';

const DAY_MS = 86400000;
const formatters = new Map();

const TIME_STYLES = {
  clock: { hour: '2-digit', minute: '2-digit' },
  weekday: { weekday: 'short' },
  short: { day: 'numeric', month: 'short' },
  long: { weekday: 'long', day: 'numeric', month: 'long' },
  year: { day: 'numeric', month: 'long', year: 'numeric' },
  full: { dateStyle: 'full', timeStyle: 'medium' },
};

function formatTime(style, ms) {
  const key = `${localeTag()} ${style}`;
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(localeTag(), TIME_STYLES[style]));
  return formatters.get(key).format(ms);
}

/** A number that is the same for two times of one day. */
export function dayOf(ms) {
  const date = new Date(ms);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/** Days between then and now, by the calendar. */
function daysAgo(ms) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return Math.round((midnight - new Date(ms).setHours(0, 0, 0, 0)) / DAY_MS);
}

export const clockTime = (ms) => formatTime('clock', ms);

/** For a line between two days. */
export function dayName(ms) {
  const ago = daysAgo(ms);
  if (ago === 0) return t('today');
  if (ago === 1) return t('yesterday');
  return formatTime(new Date(ms).getFullYear() === new Date().getFullYear() ? 'long' : 'year', ms);
}

/** As short as can be, for a list. */
export function briefTime(ms) {
  const ago = daysAgo(ms);
  if (ago <= 0) return formatTime('clock', ms);
  return formatTime(ago < 7 ? 'weekday' : 'short', ms);
}

export function timeElement(ms, text) {
  return el('time', { datetime: new Date(ms).toISOString(), title: formatTime('full', ms) }, text);
}

/** 48 kB. */
export function sizeText(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const style = { style: 'unit', unit: units[step], unitDisplay: 'short', maximumFractionDigits: step && 1 };
  return new Intl.NumberFormat(localeTag(), style).format(bytes / 1000 ** step);
}
