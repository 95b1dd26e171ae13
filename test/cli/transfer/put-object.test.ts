import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs, { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../../cli/errors.ts';
import { omitUndefined } from '../../../protocol/fields.ts';
import { rows, testContext } from '../../support/context.ts';
import { readAll } from './helpers/edge.ts';
import { ownEdge, ownFolder, tokensOf, upload, withCode } from './helpers/uploading.ts';

const MIB = 1024 * 1024;

test('sends a file with content type, length and checksum, and reports the proof', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  const context = testContext({ cwd });
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 17, 'edge');
  await writeFile(join(cwd, 'an image (1).jpg'), bytes);

  const result = await upload(t, context, edge.url, { files: ['an image (1).jpg'], prefix: 'photos/' });

  const path = '/photos/an%20image%20%281%29.jpg';
  assert.ok(edge.stored.get(path)?.equals(bytes));
  const [seen] = edge.seen;
  assert.equal(seen?.headers['content-type'], 'image/jpeg');
  assert.equal(seen?.headers['content-length'], String(bytes.length));
  assert.equal(seen?.headers['transfer-encoding'], undefined);
  const [row] = rows(context.events);
  assert.deepEqual(
    { ...row, seconds: 0 },
    {
      type: 'file',
      file: 'an image (1).jpg',
      key: 'photos/an image (1).jpg',
      url: `${edge.url}${path}`,
      bytes: bytes.length,
      etag: '0123456789abcdef0123456789abcdef',
      checksum: { crc32: seen?.headers['x-amz-checksum-crc32'] },
      parts: 1,
      attempts: 1,
      resumedBytes: 0,
      seconds: 0,
    },
  );
  assert.equal(result.document.type, 'summary');
  assert.equal(result.document.stored, 1);
  assert.equal(result.exitCode, undefined);
});

test('sends an empty file with length 0 and the CRC-32 of nothing', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  const context = testContext({ cwd });
  await writeFile(join(cwd, 'empty'), '');
  await upload(t, context, edge.url, { files: ['empty'], as: 'nothing/here' });
  assert.equal(edge.stored.get('/nothing/here')?.length, 0);
  assert.equal(edge.seen[0]?.headers['content-length'], '0');
  assert.equal(edge.seen[0]?.headers['x-amz-checksum-crc32'], 'AAAAAA==');
  assert.equal(edge.seen[0]?.headers['content-type'], 'application/octet-stream');
});

test('prefers a given content type to that of the extension', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  await writeFile(join(cwd, 'page.html'), '<p>');
  await upload(t, testContext({ cwd }), edge.url, { files: ['page.html'] }, { contentType: 'text/plain' });
  assert.equal(edge.seen[0]?.headers['content-type'], 'text/plain');
});

test('refuses a path that is not a readable file, and sends nothing', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  await mkdir(join(cwd, 'folder'));
  await writeFile(join(cwd, 'locked'), 'x');
  await chmod(join(cwd, 'locked'), 0);
  const put = (file: string) => upload(t, testContext({ cwd }), edge.url, { files: [file] });
  await assert.rejects(put('absent'), withCode('file_missing', /absent/));
  await assert.rejects(put('folder'), withCode('file_is_folder', /folder/));
  await assert.rejects(put('folder/absent/deeper'), withCode('file_missing'));
  if (process.getuid?.() !== 0)
    await assert.rejects(put('locked'), withCode('file_unreadable', /permission/));
  if (process.platform === 'linux') {
    await assert.rejects(put('/dev/null'), withCode('file_special', /a device/, /put - --as/));
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    await assert.rejects(put('pipe'), withCode('file_special', /a named pipe/, /cat pipe \| .* put - --as/));
    const server = createServer().listen(join(cwd, 'socket'));
    await once(server, 'listening');
    await assert.rejects(put('socket'), withCode('file_special', /a socket/, /<command> \| .* put - --as/));
    server.close();
    await assert.rejects(put('/dev/fd/99'), withCode('file_missing', /99/, /<command> \| .* put - --as/));
    await assert.rejects(put('/proc/self/mem'), withCode('file_unreadable'));
  }
  assert.equal(edge.seen.length, 0);
});

test('stores kernel files as they are read, with any reported length', {
  skip: process.platform === 'linux' ? false : 'of Linux',
}, async (t) => {
  const edge = await ownEdge(t);
  // Their reported size is 0, or a page of 4096 bytes.
  const files = [
    '/proc/version',
    '/proc/cpuinfo',
    '/sys/kernel/mm/transparent_hugepage/enabled',
    '/sys/kernel/uevent_seqnum',
  ];
  const there = files.filter((file) => existsSync(file));
  for (const file of there) {
    await upload(t, testContext({ cwd: '/' }), edge.url, { files: [file], as: 'kernel' });
    const stored = edge.stored.get('/kernel') ?? Buffer.alloc(0);
    assert.ok(stored.length > 0 && stored.length !== 4096, file);
    if (file === '/proc/version') assert.deepEqual(stored, readFileSync(file));
  }
});

test('continues with other files after a failure, and exits with its code', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  const context = testContext({ cwd });
  await writeFile(join(cwd, 'a.txt'), 'a');
  await writeFile(join(cwd, 'b.txt'), 'b');
  const result = await upload(t, context, edge.url, { files: ['a.txt', 'absent.txt', 'b.txt'] });
  assert.deepEqual([...edge.stored.keys()].sort(), ['/a.txt', '/b.txt']);
  assert.equal(result.exitCode, EXIT.input);
  assert.equal(result.document.stored, 2);
  assert.equal(result.document.failed, 1);
  assert.deepEqual(result.document.failures, [
    { file: 'absent.txt', key: 'absent.txt', code: 'file_missing' },
  ]);
  assert.match(JSON.stringify(result.text), /2 stored, 1 failed/);
  const failed = rows(context.events).find((row) => row.error !== undefined);
  assert.deepEqual(failed?.error, {
    code: 'file_missing',
    message: 'absent.txt does not exist.',
    hint: 'Check the name and the folder you are in.',
  });
});

test('refuses an invalid --as before anything is sent', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  await writeFile(join(cwd, 'a'), 'a');
  const put = (as: string) => upload(t, testContext({ cwd }), edge.url, { files: ['a'], as });
  for (const key of ['', '/a', 'a/', 'a//b', '../a', 'a/./b', 'a\nb', '.well-known/x', 'é'.repeat(513)]) {
    await assert.rejects(put(key), withCode('bad_key', /^Invalid value for --as/), JSON.stringify(key));
  }
  assert.equal(edge.seen.length, 0);
});

test('compares the ETag with the MD5 if the response has no checksum', async (t) => {
  const cwd = await ownFolder(t);
  const bytes = Buffer.alloc(2_500_000, 7);
  await writeFile(join(cwd, 'f'), bytes);
  const answerWith = async (headers: Record<string, string>) => {
    const edge = await ownEdge(t, async (request, response) => {
      await readAll(request);
      response.writeHead(200, headers).end();
      return true;
    });
    const context = testContext({ cwd });
    await upload(t, context, edge.url, { files: ['f'] });
    return rows(context.events)[0]?.checksum;
  };
  const md5 = createHash('md5').update(bytes).digest('hex');
  assert.deepEqual(await answerWith({ etag: `"${md5}"` }), { md5 });
  const differ = (headers: Record<string, string>, message: RegExp) =>
    assert.rejects(answerWith(headers), withCode('bytes_differ', message));
  await differ({ etag: `"${md5.replace(/^./, 'z')}"` }, /could not be verified/);
  await differ({ etag: `"${'0'.repeat(32)}"` }, /ETag is not their MD5/);
  await differ({}, /neither a checksum nor an MD5/);
  await differ({ etag: `"${md5}"`, 'x-amz-server-side-encryption': 'aws:kms' }, /could not be verified/);
  await differ({ etag: `"${md5}"`, 'x-amz-checksum-crc32': 'AAAAAA==' }, /stored bytes that differ/);
});

for (const [kind, size] of [
  ['kept in memory', 6 * MIB],
  ['read twice', 33 * MIB],
] as const) {
  test(`never stores a file that changes between its digest and its sending: ${kind}`, async (t) => {
    const cwd = await ownFolder(t);
    const changes: Record<string, (path: string) => Promise<void>> = {
      shrinks: (path) => truncate(path, size - 3 * MIB),
      grows: (path) => truncate(path, size + 1),
      'is overwritten': (path) => writeFile(path, Buffer.alloc(size, 2)),
    };
    for (const [name, change] of Object.entries(changes)) {
      const path = join(cwd, name);
      await writeFile(path, Buffer.alloc(size, 1));
      const edge = await ownEdge(t);
      const tokens = afterDigest(() => change(path));
      await assert.rejects(
        upload(t, testContext({ cwd }), edge.url, { files: [name] }, { tokens, multipart: 'never' }),
        withCode('file_changed', /changed while it was read/),
        name,
      );
      assert.equal(edge.stored.size, 0, name);
    }
  });
}

test('refuses bytes that changed under the same time, or stores those of the digest', async (t) => {
  const cwd = await ownFolder(t);
  const path = join(cwd, 'f');
  const put = async (size: number) => {
    await writeFile(path, Buffer.alloc(size, 1));
    await utimes(path, 1, 1);
    const edge = await ownEdge(t);
    const tokens = afterDigest(async () => {
      await writeFile(path, Buffer.alloc(size, 2));
      await utimes(path, 1, 1);
    });
    const options = { tokens, multipart: 'never' } as const;
    await upload(t, testContext({ cwd }), edge.url, { files: ['f'] }, options).catch((error: unknown) => {
      assert.equal(edge.stored.size, 0);
      throw error;
    });
    return edge.stored.get('/f');
  };
  assert.deepEqual(await put(6 * MIB), Buffer.alloc(6 * MIB, 1));
  await assert.rejects(put(33 * MIB), withCode('file_changed', /differ from those read first/));
});

test('reuses the connections of earlier files', async (t) => {
  const cwd = await ownFolder(t);
  const sockets = new Set<unknown>();
  const edge = await ownEdge(t, (request) => {
    sockets.add(request.socket);
    return false;
  });
  for (let number = 0; number < 60; number += 1) await writeFile(join(cwd, `f${number}`), 'x');
  await upload(t, testContext({ cwd }), edge.url, { files: ['.'], recursive: true }, { concurrency: 2 });
  assert.equal(edge.stored.size, 60);
  assert.equal(sockets.size, 2);
});

/** Tokens that are requested after the digest is computed and before the first byte is sent. */
function afterDigest(change: () => Promise<void>) {
  return {
    ...tokensOf('good'),
    current: async () => {
      await change();
      return 'good';
    },
  };
}

test('refuses two files with one key, and --as for several files', async (t) => {
  const cwd = await ownFolder(t);
  const edge = await ownEdge(t);
  await mkdir(join(cwd, 'x'));
  await writeFile(join(cwd, 'a'), 'a');
  await writeFile(join(cwd, 'x', 'a'), 'a');
  const put = (files: string[], as?: string) =>
    upload(t, testContext({ cwd }), edge.url, { files, ...omitUndefined({ as }) });
  await assert.rejects(put(['a', 'x/a']), withCode('usage', /both be stored as “a”/));
  await assert.rejects(put(['a', 'x/a'], 'k'), withCode('usage', /--as/));
  assert.equal(edge.seen.length, 0);
});

for (const size of [100, 600_000]) {
  test(`does not store the beginning of a file whose reported size is ${size - 1} of ${size} bytes`, async (t) => {
    const edge = await ownEdge(t);
    const cwd = await ownFolder(t);
    await writeFile(join(cwd, 'a.txt'), Buffer.alloc(size, 'a'));
    const { fstatSync, statSync } = fs;
    const shorter = (stats: fs.BigIntStats) =>
      stats.size === BigInt(size) ? Object.assign(stats, { size: stats.size - 1n }) : stats;
    const bigint = { bigint: true } as const;
    t.mock.method(fs, 'fstatSync', (descriptor: number) => shorter(fstatSync(descriptor, bigint)));
    t.mock.method(fs, 'statSync', (path: string) => shorter(statSync(path, bigint)));
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    await assert.rejects(
      upload(t, testContext({ cwd }), edge.url, { files: ['a.txt'] }),
      withCode('file_changed', /more bytes than its size/),
    );
    assert.equal(edge.stored.size, 0);
  });
}

for (const [name, ...words] of [
  ['in/*.txt', 'in/', "'*.txt'"],
  ['a?.txt', './', "'a?.txt'"],
  ['i*/a.txt'],
] as const) {
  test(`names the command for the pattern ${name}, which no shell expanded`, async (t) => {
    const edge = await ownEdge(t);
    const cwd = await ownFolder(t);
    const context = testContext({ cwd });
    // A single file's error is thrown.
    await upload(t, context, edge.url, { files: [name, 'absent'] });
    const failed = rows(context.events).find(({ file }) => file === name);
    const command = ['edge-upload put -r', words[0], '--include', words[1]].join(' ');
    assert.equal(JSON.stringify(failed?.error).includes(command), words.length > 0, JSON.stringify(failed));
  });
}
