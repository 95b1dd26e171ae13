import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CLI, cleanEnv } from '../../e2e/harness.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';
import { until } from './until.ts';

const KILLS = 50;
const FILES_PER_RUN = 6;
/** More than two parts. */
const LARGE = 9 * 1024 ** 2;

test('stores every file although killed 50 times, and sends no reported one again', async (t) => {
  const [home, edge] = [await ownFolder(t), await ownEdge(t)];
  const folder = join(home, 'in');
  await mkdir(folder);
  const env = cleanEnv(home, { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' });
  const files = new Map<string, Buffer>();
  const arrive = async (run: number) => {
    for (let at = 0; at < FILES_PER_RUN; at += 1) {
      const name = `${files.size}.bin`;
      const content = randomBytes(at === 0 && run % 10 === 0 ? LARGE : 20_000);
      files.set(name, content);
      await writeFile(join(folder, name), content);
    }
  };
  /** Number of requests that created an object, by path. */
  const sent = (from = 0) =>
    edge.seen
      .slice(from)
      .filter(({ method, path }) =>
        path.includes('?') ? method === 'POST' && path.includes('uploadId') : method === 'PUT',
      )
      .map(({ path }) => path.split('?')[0] ?? '');
  const start = () => {
    const words = [CLI, 'watch', 'in', '--settle', '0.05', '--interval', '0.05', '--json'];
    const child = spawn(process.execPath, words, { cwd: home, env, stdio: ['ignore', 'pipe', 'ignore'] });
    return { child, closed: once(child, 'close'), output: text(child.stdout) };
  };
  const reported = new Set<string>();
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = edge.seen.length;
    const { child, closed, output } = start();
    await arrive(kill);
    await until(() => sent(before).length > 0);
    // At any moment: while a file is sent, between files, or while the watcher waits.
    await delay(Math.random() * 60);
    child.kill('SIGKILL');
    assert.deepEqual(await closed, [null, 'SIGKILL']);
    const again = sent(before).filter((path) => reported.has(path));
    assert.deepEqual(again, [], 'sent again although it was reported as stored');
    for (const line of (await output).split('\n').slice(0, -1)) {
      reported.add(`/${(JSON.parse(line) as { key: string }).key}`);
    }
  }
  const last = start();
  await until(() => edge.stored.size === files.size);
  // A file that arrives later is stored after all others have been checked.
  await writeFile(join(folder, 'end'), 'end');
  await until(() => edge.stored.has('/end'));
  last.child.kill('SIGTERM');
  assert.deepEqual(await last.closed, [130, null]);
  for (const [name, content] of files) assert.ok(edge.stored.get(`/${name}`)?.equals(content), name);
  const counts = new Map<string, number>();
  for (const path of sent()) counts.set(path, (counts.get(path) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1).length;
  t.diagnostic(
    `${files.size} files, ${twice} sent again after a kill between the store's answer and the ledger`,
  );
});
