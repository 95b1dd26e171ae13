import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { CLI, cleanEnv } from '../../e2e/harness.ts';
import { ownEdge, ownFolder } from '../transfer/helpers/uploading.ts';
import { until } from './until.ts';

test('announces a file that takes long once, with its size', async (t) => {
  let announce = () => {};
  const announced = new Promise<false>((resolve) => {
    announce = () => resolve(false);
  });
  // The edge keeps the request until the line is printed.
  const edge = await ownEdge(t, (request) => request.method === 'PUT' && announced);
  const home = await ownFolder(t);
  await mkdir(join(home, 'in'));
  await writeFile(join(home, 'in/scan.pdf'), Buffer.alloc(2048));
  const child = spawn(process.execPath, [CLI, 'watch', 'in', '--settle', '0.1', '--interval', '0.1'], {
    cwd: home,
    env: cleanEnv(home, { EDGE_UPLOAD_URL: edge.url, EDGE_UPLOAD_TOKEN: 'aaaa.good.cccc' }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  const collect = (chunk: string) => {
    printed += chunk;
    if (printed.includes('Sending')) announce();
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', collect);
  await until(() => /Stored/.test(printed));
  child.kill('SIGTERM');
  await once(child, 'close');
  assert.match(printed, /Sending scan\.pdf, 2\.00 KiB\n[\s\S]*Stored scan\.pdf/);
  assert.equal(printed.match(/Sending/g)?.length, 1, printed);
});
