// SPDX-License-Identifier: MIT
//
// The types of chat.mjs: those of chat.js.

export * from './chat.js';
export { SpoolChat as default } from './chat.js';
