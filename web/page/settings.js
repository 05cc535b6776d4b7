// SPDX-License-Identifier: MIT
//
// What somebody chose on this device. A browser that keeps nothing is asked for nothing: all has a default.

const SETTINGS_KEY = 'spoolchat.settings';
const defaults = { language: '', theme: '', sound: false, notify: false };

function storedSettings() {
  try {
    return JSON.parse(window.localStorage.getItem(SETTINGS_KEY)) || {};
  } catch {
    return {};
  }
}

export const settings = { ...defaults, ...storedSettings() };

export function changeSetting(key, value) {
  settings[key] = value;
  try {
    window.localStorage.setItem(SETTINGS_KEY, JSON.stringify(settings));
  } catch {
    // Then it holds until the page is closed.
  }
}
