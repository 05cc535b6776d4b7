// SPDX-License-Identifier: MIT
//
// Files into threads. XMLHttpRequest, for a fetch does not tell how far it is.

import { ChatError, readAnswer } from './errors.js';

/** Without a byte taken, or an answer, for so long, it is tried anew. */
const STALL_MSEC = 60000;

/**
 * @param {import('./http.js').Http} http
 * @param {string} thread
 * @param {Blob} file
 * @param {{name?: string, progress?: (done: number, total: number) => void, signal?: AbortSignal}} [options]
 * @returns {Promise<import('../chat.js').Attachment>}
 */
export async function uploadFile(http, thread, file, { name = file.name || 'file', progress, signal } = {}) {
  // No file would look like no network.
  if (!await canRead(file)) throw new ChatError('unreadable', { unreadable: true });
  const credentials = await http.credentials();
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const fail = () => reject(new ChatError(request.statusText || 'upload'));
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALL_MSEC);
    };
    request.open('POST', http.url(`attachment/${thread}?name=${encodeURIComponent(name)}`));
    request.withCredentials = true;
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    if (credentials) request.setRequestHeader('Authorization', credentials);
    request.upload.onprogress = (event) => {
      alive();
      progress?.(event.loaded, file.size);
    };
    request.onload = () => {
      try {
        resolve(readAnswer(request.status, request.responseText, request.getResponseHeader('Retry-After')).attachment);
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = fail;
    request.onabort = fail;
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) reject(new ChatError('aborted'));
    else {
      request.send(file);
      alive();
    }
  });
}

/** A folder that was dropped, or a file that is gone, cannot be. */
function canRead(file) {
  return (file.size ? file.slice(-1) : file).arrayBuffer().then(() => true, () => false);
}

/** Ours alone has such an address. */
const OWN = /^attachment\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @returns {boolean} whether it lies in this chat: an address that a message names may be anything */
export function isOwnFile(url) {
  return typeof url === 'string' && OWN.test(url);
}
