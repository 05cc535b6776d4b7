// SPDX-License-Identifier: MIT
//
// The language of the page: which one, and a string of it with numbers and names put in.

import { LANGUAGES, STRINGS } from './strings.js';

const spoken = { index: 0, tag: 'en', plural: new Intl.PluralRules('en') };

/** The one of ours that comes first among `wanted` (language tags). */
export function chooseLanguage(wanted) {
  for (const tag of wanted) {
    const found = LANGUAGES.find(([code]) => code === String(tag).toLowerCase().split('-')[0]);
    if (found) return found[0];
  }
  return 'en';
}

/** Times and numbers follow the browser's own variant of the language: de-AT stays de-AT. */
export function setLanguage(code) {
  spoken.index = LANGUAGES.findIndex(([one]) => one === code);
  spoken.tag = (navigator.languages || []).find((tag) => tag.split('-')[0] === code) || code;
  spoken.plural = new Intl.PluralRules(spoken.tag);
}

export const languageCode = () => LANGUAGES[spoken.index][0];
export const localeTag = () => spoken.tag;
export const direction = () => (languageCode() === 'ar' ? 'rtl' : 'ltr');

/** The string for `key`: {name} becomes values.name, and values.count chooses among plurals. */
export function t(key, values) {
  const row = STRINGS[key];
  let words = row[spoken.index];
  if (typeof words === 'object') words = words[spoken.plural.select(values.count)] || words.other;
  if (!values) return words;
  return words.replace(/\{(\w+)\}/g, (whole, name) =>
    typeof values[name] === 'number' ? values[name].toLocaleString(spoken.tag) : values[name],
  );
}

/** "Alice, Bob and Carol". */
export function listOf(names) {
  return new Intl.ListFormat(spoken.tag, { type: 'conjunction' }).format(names);
}

/** What went wrong, for people; `error` has a status, or is anything. */
export function errorText(error) {
  const { status } = error;
  if (error.unreadable) return t('error_file');
  if (!Number.isInteger(status)) return error.message;
  if (STRINGS[`error_${status}`]) return t(`error_${status}`);
  return t(status >= 500 ? 'error_500' : 'error_400');
}
