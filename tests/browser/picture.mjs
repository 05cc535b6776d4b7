// SPDX-License-Identifier: MIT
//
// A PNG to send: a landscape of a few colours, made here so that no picture of anybody's is needed.

import { crc32, deflateSync } from 'node:zlib';

function crc(bytes) {
  if (crc32) return crc32(bytes);
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let i = 0; i < 8; i += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

function colour(x, y) {
  const hill = 0.62 + 0.1 * Math.sin(x * 7) + 0.05 * Math.sin(x * 17);
  if (y > hill + 0.16) return [60, 110, 60];
  if (y > hill) return [95, 150, 80];
  if ((x - 0.75) ** 2 + (y - 0.28) ** 2 * 0.5 < 0.008) return [255, 232, 150];
  return [120 + y * 120, 175 + y * 50, 235];
}

export function picture(width, height) {
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows.set(colour(x / width, y / height), y * (width * 3 + 1) + 1 + x * 3);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
