// SPDX-License-Identifier: MIT
//
// A random UUID (version 4). crypto.randomUUID is there for https only.

/** @returns {string} */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Rooms have a random id; that of a set of people is made of them (version 5). */
export function isRoom(thread) {
  return thread[14] === '4';
}
