// SPDX-License-Identifier: MIT
//
// Files that wait in the composer. Pictures are drawn small on a canvas: an address of a blob would not be allowed
// where images come from the site only.

import { el, fill } from './dom.js';
import { icon, iconButton } from './icons.js';
import { sizeText } from './times.js';
import { t } from './words.js';

const THUMB_PX = 56;
const FILES_MAX = 10;

export class Tray {
  constructor(changed) {
    this.files = [];
    this.changed = changed;
    this.node = el('ul.tray', { 'aria-label': t('files'), hidden: true });
  }

  /** Those that found room. */
  add(files) {
    const room = FILES_MAX - this.files.length;
    const added = Array.from(files).slice(0, room);
    this.set(this.files.concat(added));
    return added;
  }

  set(files) {
    this.files = files;
    this.node.hidden = !files.length;
    fill(
      this.node,
      files.map((file) => this.item(file)),
    );
    this.changed();
  }

  item(file) {
    const remove = () => this.set(this.files.filter((one) => one !== file));
    return el(
      'li',
      null,
      thumb(file),
      el('span.file-name', { dir: 'auto' }, file.name),
      el('span.file-size', null, sizeText(file.size)),
      iconButton('close', t('remove_file', { name: file.name }), { onclick: remove }),
    );
  }
}

function thumb(file) {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(file.type) || !window.createImageBitmap) return icon('file');
  const canvas = el('canvas', { width: THUMB_PX, height: THUMB_PX, 'aria-hidden': 'true' });
  createImageBitmap(file)
    .then((image) => {
      const scale = Math.max(THUMB_PX / image.width, THUMB_PX / image.height);
      const [width, height] = [image.width * scale, image.height * scale];
      canvas.getContext('2d').drawImage(image, (THUMB_PX - width) / 2, (THUMB_PX - height) / 2, width, height);
      image.close();
    })
    .catch(() => canvas.replaceWith(icon('file')));
  return canvas;
}

/** Files of a paste or a drop. */
export function filesOf(transfer) {
  return transfer ? Array.from(transfer.files || []) : [];
}
