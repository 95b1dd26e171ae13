import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { workerArgs } from '../../support/run/worker.ts';
import { listen } from '../../support/serve.ts';
import { ownFolder } from './helpers/uploading.ts';

const MIB = 1024 * 1024;

test('sends a file of 1 GiB in one request in constant memory', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'big'), '');
  await truncate(join(cwd, 'big'), 1024 * MIB);
  let received = 0;
  const url = await listen(t, (request, response) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on('end', () => {
      const crc = request.headers['x-amz-checksum-crc32'] ?? '';
      response.writeHead(200, { etag: '"x"', 'x-amz-checksum-crc32': crc }).end();
    });
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    workerArgs('test/cli/transfer/helpers/upload-child', url, join(cwd, 'big')),
    { cwd: process.cwd() },
  );
  const { stored, peakBytes } = JSON.parse(stdout) as { stored: number; peakBytes: number };
  assert.equal(stored, 1);
  assert.equal(received, 1024 * MIB);
  assert.ok(peakBytes < 250 * MIB, `peak of ${Math.round(peakBytes / MIB)} MiB`);
});
