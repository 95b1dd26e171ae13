import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { UserError } from '../../../cli/errors.ts';
import {
  createFolder,
  flush,
  openToAppend,
  readIfThere,
  readPrivate,
  replaceFile,
} from '../../../cli/settings/own-files.ts';
import { runProgram } from '../../support/programs.ts';

const noLinks = process.platform === 'win32' ? 'Windows has no such files' : false;

async function ownFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-upload-files-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('creates a private folder with its parents, also from many processes at once', async (t) => {
  const home = await ownFolder(t);
  const deep = join(home, 'a', 'b', 'c');
  await Promise.all(Array.from({ length: 20 }, () => createFolder(deep)));
  for (const path of [deep, join(home, 'a')]) assert.equal((await stat(path)).mode & 0o777, 0o700);
  await mkdir(join(home, 'open'), { mode: 0o755 });
  await createFolder(join(home, 'open'));
  assert.equal((await stat(join(home, 'open'))).mode & 0o777, 0o755, 'an existing folder keeps its mode');
});

test('writes files without FileHandle.sync, and where nothing can be flushed', {
  skip: noLinks,
}, async (t) => {
  const cannotFlush = await open('/dev/null', 'w');
  try {
    await flush(cannotFlush);
    // Yarn Plug'n'Play replaces file handles with its own, which lack this method.
    t.mock.method(Object.getPrototypeOf(cannotFlush), 'sync', () => {
      throw new Error('Method not implemented.');
    });
  } finally {
    await cannotFlush.close();
  }
  const path = join(await ownFolder(t), 'settings.json');
  await replaceFile(path, '{}');
  assert.equal(await readIfThere(path), '{}');
});

test('fails if the path cannot be a folder', async (t) => {
  const home = await ownFolder(t);
  await writeFile(join(home, 'file'), '');
  await symlink('/nowhere', join(home, 'link'));
  await assert.rejects(createFolder(join(home, 'file')), { code: 'EEXIST' });
  await assert.rejects(createFolder(join(home, 'file', 'a', 'b')), { code: 'ENOTDIR' });
  await assert.rejects(createFolder(join(home, 'link')), { code: 'ENOENT' });
  await assert.rejects(createFolder(join(home, 'link', 'a', 'b')), { code: 'ENOENT' });
});

test('fails if the kernel forbids folders', {
  skip: process.platform === 'linux' ? false : 'Linux alone has /proc',
}, async () => {
  await assert.rejects(createFolder('/proc/edge-upload/a/b'), { code: 'ENOENT' });
});

test('neither reads nor changes anything else in place of a file', { skip: noLinks }, async (t) => {
  const home = await ownFolder(t);
  const victim = join(home, 'victim');
  await writeFile(victim, 'not ours', { mode: 0o644 });
  await chmod(victim, 0o644);
  const before = await stat(victim);
  const pipe = async (path: string) => assert.equal((await runProgram('mkfifo', [path])).code, 0);
  const places: Record<string, (path: string) => Promise<unknown>> = {
    'is a symbolic link': (path) => symlink(victim, path),
    'has a second name': (path) => link(victim, path),
    'is a folder': (path) => mkdir(path),
    'is not a plain file': pipe,
  };
  for (const [why, make] of Object.entries(places)) {
    const path = join(home, 'kept.json');
    await make(path);
    for (const use of [readIfThere, readPrivate, openToAppend]) {
      await assert.rejects(use(path), (error: Error & { code?: string; hint?: string }) => {
        assert.equal(error.code, 'settings', error.message);
        assert.ok(error.message.startsWith(`${path} ${why}`), error.message);
        assert.equal(error.hint, `Move it away:\n  mv ${path} ${path}.aside`);
        return true;
      });
    }
    await rm(path, { recursive: true });
  }
  const { mode, mtimeMs, size, ctimeMs } = await stat(victim);
  assert.deepEqual([mode, mtimeMs, size], [before.mode, before.mtimeMs, before.size]);
  assert.ok(ctimeMs >= before.ctimeMs);
});

test('replaces a link in place of a file, and keeps its target', {
  skip: noLinks,
}, async (t) => {
  const home = await ownFolder(t);
  const [victim, path] = [join(home, 'victim'), join(home, 'kept.json')];
  await writeFile(victim, 'not ours');
  await symlink(victim, path);
  await replaceFile(path, 'ours');
  assert.deepEqual([await readIfThere(path), await readFile(victim, 'utf8')], ['ours', 'not ours']);
  assert.deepEqual((await readdir(home)).sort(), ['kept.json', 'victim']);
});

test('follows links above the folder, such as those of dotfiles', {
  skip: noLinks,
}, async (t) => {
  const home = await ownFolder(t);
  await mkdir(join(home, 'dotfiles'));
  await symlink(join(home, 'dotfiles'), join(home, '.config'));
  const path = join(home, '.config/edge-upload/deployments.json');
  await replaceFile(path, 'ours');
  assert.equal(await readIfThere(path), 'ours');
  assert.equal((await stat(join(home, 'dotfiles/edge-upload/deployments.json'))).mode & 0o777, 0o600);
});

test('makes a file of secrets private through its handle', {
  skip: noLinks,
}, async (t) => {
  const path = join(await ownFolder(t), 'token.json');
  await writeFile(path, 'secret');
  await chmod(path, 0o644);
  assert.deepEqual(await readPrivate(path), { text: 'secret', wasOpen: true, isOpen: false });
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readPrivate(path), { text: 'secret', wasOpen: false, isOpen: false });
  assert.equal(await readPrivate(`${path}.none`), undefined);
});

for (const [what, chmods] of [
  ['ignores changes of permissions', async () => {}],
  ['refuses changes of permissions', () => Promise.reject(Object.assign(new Error(), { code: 'EPERM' }))],
] as const) {
  test(`reads a file of secrets that stays open to others, because its file system ${what}`, {
    skip: noLinks,
  }, async (t) => {
    const path = join(await ownFolder(t), 'token.json');
    await writeFile(path, 'secret');
    await chmod(path, 0o644);
    const handle = await open(path);
    t.mock.method(Object.getPrototypeOf(handle), 'chmod', chmods);
    await handle.close();
    assert.deepEqual(await readPrivate(path), { text: 'secret', wasOpen: true, isOpen: true });
  });
}

test('refuses a folder in which everybody can write', {
  skip: noLinks,
}, async (t) => {
  const folder = join(await ownFolder(t), 'open');
  const path = join(folder, 'kept.json');
  await mkdir(folder);
  await writeFile(path, 'planted');
  for (const mode of [0o777, 0o1777, 0o702]) {
    await chmod(folder, mode);
    for (const use of [() => readIfThere(path), () => replaceFile(path, 'ours')]) {
      await assert.rejects(use(), {
        code: 'settings',
        hint: `Remove that permission:\n  chmod go-w ${folder}`,
      });
    }
  }
  await chmod(folder, 0o775);
  await replaceFile(path, 'ours');
  assert.deepEqual(await readdir(folder), ['kept.json']);
});

test('gives no advice to change the permissions of a device in place of a folder', {
  skip: noLinks,
}, async (t) => {
  const folder = join(await ownFolder(t), 'device');
  await symlink('/dev/null', folder);
  const path = join(folder, 'kept.json');
  assert.equal(await readIfThere(path), undefined);
  await assert.rejects(replaceFile(path, 'ours'), ({ code, hint }: UserError) => {
    assert.doesNotMatch(hint ?? '', /chmod/);
    return code === 'disk';
  });
});

test('refuses another user’s file, unless root works in that user’s folder', {
  skip: process.geteuid?.() === 0 ? false : 'only root can give a file away',
}, async (t) => {
  const folder = await ownFolder(t);
  const path = join(folder, 'kept.json');
  await writeFile(path, 'theirs', { mode: 0o600 });
  await chown(path, 65_534, 65_534);
  await assert.rejects(readIfThere(path), { code: 'settings', message: /belongs to another user/ });
  await chown(folder, 65_534, 65_534);
  assert.equal(await readIfThere(path), 'theirs');
});

test('refuses a far too large file before reading it', async (t) => {
  const path = join(await ownFolder(t), 'kept.json');
  await writeFile(path, '');
  await truncate(path, 2 ** 30);
  await assert.rejects(readIfThere(path), { code: 'settings', message: /is larger than 16 MiB/ });
});
