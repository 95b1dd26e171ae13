import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeFolder } from '../../../cli/settings/files.ts';

async function ownFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-files-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('a folder is made with those above it, for its owner alone, by many at once', async (t) => {
  const home = await ownFolder(t);
  const deep = join(home, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)));
  for (const path of [deep, join(home, 'a')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
  await mkdir(join(home, 'open'), { mode: 0o755 });
  await makeFolder(join(home, 'open'));
  assert.equal((await stat(join(home, 'open'))).mode & 0o777, 0o755, 'what is there stays as it is');
});

test('what cannot be a folder is an error', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'file'), '');
  await symlink('/nowhere', join(home, 'link'));
  await assert.rejects(makeFolder(join(home, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(home, 'file', 'a', 'b')), { code: 'ENOTDIR' });
  await assert.rejects(makeFolder(join(home, 'link')), { code: 'ENOENT' });
  await assert.rejects(makeFolder(join(home, 'link', 'a', 'b')), { code: 'ENOENT' });
});

test('where the kernel lets nobody make one, the attempt ends', {
  skip: process.platform === 'linux' ? false : 'Linux alone has /proc',
}, async () => {
  await assert.rejects(makeFolder('/proc/edge-upload/a/b'), { code: 'ENOENT' });
});
