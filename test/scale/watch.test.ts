import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ownEdge, ownFolder } from '../cli/transfer/helpers/uploading.ts';
import { until } from '../cli/watch/until.ts';
import { CLI, cleanEnv } from '../e2e/harness.ts';
import { peakOf, peakResident } from '../support/peak-memory.ts';
import { runProgram } from '../support/programs.ts';

const FILES = 100_000;
const FOLDERS = 100;
/** About twice the measured values in docs/watch.md. */
const LIMIT = 400 * 1024 ** 2;

/** A folder of many files, an edge, and the built command line. */
async function rig(t: TestContext) {
  const [home, edge] = [await ownFolder(t), await ownEdge(t)];
  const folder = join(home, 'in');
  mkdirSync(folder);
  const env = cleanEnv(home, { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' });
  const puts = () => edge.seen.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  /** Watches until `work` is done. Returns the watcher's peak memory. */
  const watching = async (work: () => Promise<unknown>) => {
    const words = [CLI, 'watch', 'in', '--settle', '0.1', '--interval', '0.5', '--json'];
    const child = spawn(process.execPath, words, { cwd: home, env, stdio: 'ignore' });
    try {
      await work();
      return (await peakResident(child.pid ?? 0)) ?? 0;
    } finally {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'close');
    }
  };
  return { home, folder, env, edge, puts, watching };
}

/** Creates the files, and returns the lines of a ledger that records them as stored. */
function fill(folder: string): string {
  const at = new Date().toISOString();
  const lines: string[] = [];
  for (let number = 0; number < FILES; number += 1) {
    const parent = `${number % FOLDERS}`;
    if (number < FOLDERS) mkdirSync(join(folder, parent));
    const path = `${parent}/${number}.txt`;
    writeFileSync(join(folder, path), path);
    const { size, mtimeNs, ino } = lstatSync(join(folder, path), { bigint: true });
    const stamp = { size: Number(size), mtimeNs: `${mtimeNs}`, inode: `${ino}`, at };
    lines.push(`\n${JSON.stringify({ path, key: path, ...stamp })}`);
  }
  return lines.join('');
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;

test('checks 100,000 stored files in little memory, and sends none again', async (t) => {
  const { home, folder, env, puts, watching } = await rig(t);
  const put = [CLI, 'put', '-r', 'in/', '--changed', '--json'];
  writeFileSync(join(folder, 'first'), 'first');
  assert.equal((await runProgram(process.execPath, put, { cwd: home, env })).code, 0);
  const ledgers = join(home, '.local/state/edge-upload/stored');
  const [name = ''] = readdirSync(ledgers).filter((one) => one.endsWith('.jsonl'));
  await appendFile(join(ledgers, name), fill(folder));

  const began = performance.now();
  const again = await peakOf(process.execPath, put, { cwd: home, env });
  const seconds = Math.round((performance.now() - began) / 1000);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(puts(), ['/first']);
  assert.ok(again.peakBytes < LIMIT, megabytes(again.peakBytes));
  t.diagnostic(`put --changed: ${megabytes(again.peakBytes)}, ${seconds} s`);

  const watched = await watching(async () => {
    writeFileSync(join(folder, 'second'), 'second');
    await until(() => puts().includes('/second'));
  });
  assert.deepEqual(puts(), ['/first', '/second']);
  assert.ok(watched < LIMIT, megabytes(watched));
  t.diagnostic(`watch of what is stored: ${megabytes(watched)}`);

  await rm(ledgers, { recursive: true });
  const withoutLedger = await watching(() => until(() => puts().length > 5_000));
  assert.ok(withoutLedger < LIMIT, megabytes(withoutLedger));
  t.diagnostic(`watch of 100,000 new files: ${megabytes(withoutLedger)}`);
});

test('stores 50 new files a second for a minute, each once', async (t) => {
  const { folder, edge, puts, watching } = await rig(t);
  const peak = await watching(async () => {
    for (let second = 0; second < 60; second += 1) {
      for (let at = 0; at < 50; at += 1) {
        const name = `${second * 50 + at}.txt`;
        writeFileSync(join(folder, name), name);
      }
      await delay(1_000);
    }
    await until(() => edge.stored.size === 3_000);
  });
  assert.equal(puts().length, 3_000);
  for (const [path, content] of edge.stored) assert.equal(content.toString(), path.slice(1));
  assert.ok(peak < LIMIT, megabytes(peak));
  t.diagnostic(`50 files a second: ${megabytes(peak)}`);
});
