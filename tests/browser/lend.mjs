// SPDX-License-Identifier: MIT
//
// tests/browser/lend.mjs FILE: a Firefox for one test file after another, for to start one costs as much as many a file
// does with it. FILE has its address while nobody has it; who takes it moves it away, and puts it back when all went
// well (`borrow`). A file that died has it still, and others start their own. Ends with SIGTERM, or with the browser.

import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firefox } from 'playwright-core';

/** Debian's own, driven by WebDriver BiDi, which the channel stands for. */
export const firefoxOptions = (profile) => ({
  channel: 'moz-firefox',
  executablePath: '/usr/bin/firefox-esr',
  env: { ...process.env, HOME: profile, XDG_CACHE_HOME: profile },
});

/** One of those in the folder $FIREFOXES that nobody has, with `stop()` to give it back; nothing when there is none. */
export async function borrow() {
  const folder = process.env.FIREFOXES;
  const names = folder ? (await readdir(folder)).filter((name) => !name.includes('.')) : [];
  for (const name of names) {
    const taken = join(folder, `${name}.${process.pid}`);
    try {
      await rename(join(folder, name), taken);
      const browser = await firefox.connect(await readFile(taken, 'utf8'), { timeout: 5000 });
      const stop = async () => {
        await browser.close(); // which ends our windows, and what they know
        await rename(taken, join(folder, name));
      };
      return { browser, stop };
    } catch {
      // Somebody was faster, or it has ended.
    }
  }
  return undefined;
}

async function lend(file) {
  const profile = await mkdtemp(join(tmpdir(), 'spoolchat-firefox.'));
  const launched = firefox.launchServer({ ...firefoxOptions(profile), host: '127.0.0.1', handleSIGTERM: false });
  process.once('SIGTERM', async () => {
    const told = await launched;
    setTimeout(() => told.kill(), 10000); // one that hangs must not keep all tests from ending
    await told.close();
  });
  const server = await launched;
  server.once('close', async () => {
    await rm(file, { force: true });
    await rm(profile, { recursive: true, force: true });
    process.exit();
  });
  // Whole before anybody sees it.
  await writeFile(`${file}.new`, server.wsEndpoint());
  await rename(`${file}.new`, file);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await lend(process.argv[2]);
