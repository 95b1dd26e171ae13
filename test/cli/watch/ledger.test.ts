import assert from 'node:assert/strict';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FileStamp } from '../../../cli/transfer/sources/file-stamp.ts';
import { type UploadLedger, withLedger } from '../../../cli/watch/ledger.ts';
import { testContext } from '../../support/context.ts';
import { ownFolder } from '../transfer/helpers/uploading.ts';

const STAMP = { size: 1, mtimeNs: 2n, inode: 3n, device: 4n };

/** A ledger with an entry for the file `first`. */
async function rig(t: TestContext) {
  const home = await ownFolder(t);
  const context = testContext({ home, cwd: home });
  const subject = { url: 'https://edge.example', folder: home, beginning: '' };
  const warn = (text: string) => context.ui.event({ type: 'warning', text });
  const open = <T>(work: (ledger: UploadLedger) => T) =>
    withLedger({ ...context, warn }, subject, async (ledger) => work(ledger));
  await open((ledger) => ledger.add('first', STAMP, 'first'));
  const folder = join(home, '.local/state/edge-upload/stored');
  const [name = ''] = await readdir(folder);
  return { open, context, subject, file: join(folder, name) };
}

for (const [kind, type, isSame] of [
  ['permanent inodes (ext4)', 0xef53, false],
  ['inodes that change at each mount (exFAT)', 0x2011bab0, true],
  ['inodes that change in memory (FUSE)', 0x65735546, true],
] as const) {
  test(`${isSame ? 'knows' : 'does not know'} a file with another inode on a file system with ${kind}`, async (t) => {
    const { context, subject } = await rig(t);
    const world = {
      ...context,
      platform: 'linux',
      warn: assert.fail,
      fileSystemOf: async () => type,
    } as const;
    const found = (stamp: Partial<FileStamp>) =>
      withLedger(world, subject, async (ledger) => ledger.has('first', { ...STAMP, ...stamp }, 'first'));
    assert.equal(await found({ inode: 4n }), isSame);
    assert.equal(await found({ inode: 4n, mtimeNs: 3n }), false);
    assert.equal(await found({}), true);
  });
}

const INSERTED: Readonly<Record<string, string | Buffer>> = {
  'a torn line': '{"path":"first","key":"fi',
  'a megabyte of zeros': Buffer.alloc(1024 ** 2),
  'bytes that are no text': Buffer.alloc(1000, 0xff),
  'JSON of other kinds': ['[]', 'null', '5', '"x"', '{}', '{"path":5}', '{"path":["first"]}'].join('\n'),
  'entries with other types': '{"path":"other","key":[],"size":"1","mtimeNs":2,"inode":{},"at":0}',
  'odd paths': ['__proto__', '../../etc/passwd', '\u0000', '']
    .map((path) => JSON.stringify({ path }))
    .join('\n'),
  'a long line': `{"path":"first","key":"${'k'.repeat(100_000)}"}`,
};

for (const [what, text] of Object.entries(INSERTED)) {
  test(`keeps the other lines of a ledger with ${what}`, async (t) => {
    const { open, context, file } = await rig(t);
    await appendFile(file, Buffer.concat([Buffer.from('\n'), Buffer.from(text)]));
    await open((ledger) => ledger.add('second', STAMP, 'second'));
    await open((ledger) => {
      for (const name of ['first', 'second']) assert.ok(ledger.has(name, STAMP, name), name);
      assert.ok(!ledger.has('other', STAMP));
    });
    assert.deepEqual(context.events, []);
  });
}

const REPLACED: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  async 'a link'(file) {
    await rename(file, `${file}.real`);
    await symlink(`${file}.real`, file);
  },
  async 'a folder'(file) {
    await rm(file);
    await mkdir(file);
  },
  'a file with a second name': (file) => link(file, `${file}.second`),
  'a file in a folder that everybody can write to': (file) => chmod(dirname(file), 0o777),
};

for (const [what, replace] of Object.entries(REPLACED)) {
  test(`uses a ledger in memory instead of ${what}`, async (t) => {
    const { open, context, file } = await rig(t);
    await replace(file);
    const known = await open((ledger) => {
      ledger.add('second', STAMP, 'second');
      return ['first', 'second'].filter((name) => ledger.has(name, STAMP));
    });
    assert.deepEqual(known, ['second']);
    const [event] = context.events;
    assert.match(JSON.stringify(event), /"warning".*stored files cannot be recorded/);
  });
}

test('reads a ledger that cannot be written', async (t) => {
  const { open, context, file } = await rig(t);
  // Like a read-only or full disk. Elsewhere, root can always write.
  await mkdir(`${file}.lock`);
  const before = await readFile(file);
  await open((ledger) => {
    ledger.add('second', STAMP, 'second');
    for (const name of ['first', 'second']) assert.ok(ledger.has(name, STAMP, name), name);
    assert.equal(ledger.isRecorded(), false);
  });
  assert.deepEqual(await readFile(file), before);
  assert.match(JSON.stringify(context.events), /"warning".*stored files cannot be recorded/);
});

test('does not change the ledger of a newer version', async (t) => {
  const { open, context, file } = await rig(t);
  const newer = (await readFile(file, 'utf8')).replace('"format":1', '"format":2');
  await writeFile(file, newer);
  await open((ledger) => {
    ledger.add('second', STAMP, 'second');
    assert.equal(ledger.isRecorded(), false);
  });
  assert.equal(await readFile(file, 'utf8'), newer);
  assert.match(JSON.stringify(context.events), /"warning".*a newer version of edge-upload wrote it/);
});

test('forgets nothing if the clock jumps back', async (t) => {
  const { open, file } = await rig(t);
  const later = {
    path: 'later',
    key: 'later',
    size: 1,
    mtimeNs: '2',
    inode: '3',
    at: '2999-01-01T00:00:00.000Z',
  };
  await appendFile(file, `\n${JSON.stringify(later)}`);
  await open((ledger) => {
    for (const name of ['first', 'later']) assert.ok(ledger.has(name, STAMP, name), name);
  });
});

test('reads an empty ledger as one without files', async (t) => {
  const { open, file } = await rig(t);
  await writeFile(file, '');
  assert.ok(await open((ledger) => !ledger.has('first', STAMP)));
});
