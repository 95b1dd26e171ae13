import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { TOKENS } from '../helpers/edge.ts';
import { ownEdge, ownFolder } from '../helpers/uploading.ts';

const CLI = join(import.meta.dirname, '../../../../dist/edge-upload.js');
const FILES = 120;
const LARGE = 3;
const MIB = 1024 ** 2;

test('uploads files in turn with few file descriptors and one thread', {
  skip: process.platform === 'win32' ? 'no such limits' : false,
}, async (t) => {
  const cwd = await ownFolder(t);
  await mkdir(join(cwd, 'd'));
  for (let n = 0; n < FILES; n += 1) await writeFile(join(cwd, `d/${n}`), String(n));
  for (let n = 0; n < LARGE; n += 1) await writeFile(join(cwd, `d/large${n}`), Buffer.alloc(17 * MIB, n));
  const edge = await ownEdge(t);
  const command = 'ulimit -n 64 && exec "$0" "$@"';
  const args = ['put', '-r', 'd/', '--concurrency', '200', '--json'];
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', command, process.execPath, CLI, ...args],
    {
      cwd,
      env: {
        PATH: process.env.PATH,
        HOME: cwd,
        EDGE_UPLOAD_URL: edge.url,
        EDGE_UPLOAD_TOKEN: TOKENS[1],
        UV_THREADPOOL_SIZE: '1',
      },
    },
  );
  const summary = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  assert.deepEqual([summary.stored, summary.failed], [FILES + LARGE, 0], stderr);
  assert.equal(edge.stored.size, FILES + LARGE);
  assert.equal(edge.multipart.open.size, 0);
});
