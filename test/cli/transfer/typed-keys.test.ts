import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InUse } from '../../../cli/command-line.ts';
import { watch } from '../../../cli/commands/watch/watch.ts';
import { isUserError } from '../../../cli/errors.ts';
import { linkRequest } from '../../../cli/links/token-request.ts';
import { openSources, type SourceOptions } from '../../../cli/transfer/sources/sources.ts';
import { testContext } from '../../support/context.ts';
import { ownFolder, withCode } from './helpers/uploading.ts';

async function folderWithFile(t: TestContext): Promise<string> {
  const cwd = await ownFolder(t);
  await mkdir(join(cwd, 'd'));
  await writeFile(join(cwd, 'd', 'f.txt'), 'bytes');
  return cwd;
}

const keysOf = async (options: SourceOptions, cwd: string) => {
  const keys: string[] = [];
  for await (const { key } of (await openSources(options, testContext({ cwd }))).items(() => {}))
    keys.push(key);
  return keys;
};

test('prints the command with the nearest key for one that the edge refuses', async (t) => {
  const cwd = await folderWithFile(t);
  const file = { files: ['d/f.txt'] };
  const folder = { files: ['d'], recursive: true };
  const cases: readonly (readonly [SourceOptions, flags: string, key: string])[] = [
    [{ ...file, as: '/x' }, '--as x', 'x'],
    [{ ...file, as: 'x/' }, '--as x/f.txt', 'x/f.txt'],
    [{ ...file, as: '/' }, '--as f.txt', 'f.txt'],
    [{ ...file, as: 'a//b' }, '--as a/b', 'a/b'],
    [{ ...file, as: './a/../b' }, '--as a/b', 'a/b'],
    [{ ...file, as: 'a\tb' }, '--as a_b', 'a_b'],
    [{ ...file, as: '/x', prefix: 'p/' }, '--as x', 'p/x'],
    [{ ...file, as: '/.well-known/x', prefix: 'p/' }, '--as .well-known/x', 'p/.well-known/x'],
    [{ ...file, prefix: '/p/' }, '--prefix p/', 'p/f.txt'],
    [{ ...file, prefix: 'p//' }, '--prefix p/', 'p/f.txt'],
    [{ ...folder, as: '/x/' }, '--as x', 'x/f.txt'],
    [{ ...folder, as: 'a//b' }, '--as a/b', 'a/b/f.txt'],
    [{ files: [], filesFrom: 'list', prefix: '../p' }, '--prefix p', 'pd/f.txt'],
  ];
  await writeFile(join(cwd, 'list'), 'd/f.txt\n');
  for (const [options, flags, key] of cases) {
    const error = await keysOf(options, cwd).catch((thrown: unknown) => thrown);
    assert.ok(isUserError(error) && error.code === 'bad_key', flags);
    const given = { '--as': options.as, '--prefix': options.prefix };
    const typed = Object.entries(given).flatMap(([flag, value]) =>
      value === undefined ? [] : [flag, value],
    );
    const argv = ['put', 'd/f.txt', ...typed, '--no-clobber'];
    const lines = new InUse({}, argv).lines(error.hintLines);
    assert.equal(lines[0], 'Without that:');
    const [flag = '', value = ''] = flags.split(' ');
    assert.ok(lines[1]?.includes(flags), lines[1]);
    assert.ok(lines[1]?.includes('--no-clobber'), 'the other flags stay');
    assert.deepEqual(await keysOf({ ...options, [flag.slice(2)]: value }, cwd), [key], lines[1]);
  }
});

test('says what is wrong with a key that nothing fixes', async (t) => {
  const cwd = await folderWithFile(t);
  for (const [as, why] of [
    ['', /is empty/],
    ['..', /as a segment/],
    ['.well-known/x', /reserved/],
    ['x'.repeat(1025), /1025 bytes/],
  ] as const) {
    await assert.rejects(
      keysOf({ files: ['d/f.txt'], as }, cwd),
      withCode('bad_key', why, /^Give another value with --as\.$/),
    );
  }
});

test('prints no command that would fail again', async (t) => {
  const cwd = await folderWithFile(t);
  const half = `${'x'.repeat(599)}/`;
  const whole = 'x'.repeat(1024);
  const cases: readonly (readonly [SourceOptions, flag: string])[] = [
    [{ files: ['d/f.txt'], prefix: half, as: 'y'.repeat(600) }, '--as'],
    [{ files: ['d/f.txt'], prefix: half, as: `/${'y'.repeat(600)}` }, '--as'],
    [{ files: ['d'], recursive: true, as: whole }, '--as'],
    [{ files: ['d/f.txt'], prefix: whole }, '--prefix'],
    [{ files: ['d/f.txt'], prefix: `/${whole}` }, '--prefix'],
    [{ files: ['d/f.txt'], prefix: '/' }, '--prefix'],
  ];
  for (const [options, flag] of cases) {
    await assert.rejects(
      keysOf(options, cwd),
      withCode('bad_key', /./, new RegExp(`^Give another value with ${flag}\\.$`)),
    );
  }
});

test('keeps keys that the edge accepts, and folders without a name of their own', async (t) => {
  const cwd = await folderWithFile(t);
  assert.deepEqual(await keysOf({ files: ['d'], recursive: true, as: '' }, cwd), ['f.txt']);
  assert.deepEqual(await keysOf({ files: ['d'], recursive: true, as: 'x/' }, cwd), ['x/f.txt']);
  assert.deepEqual(await keysOf({ files: ['d/f.txt'], as: '', prefix: 'p' }, cwd), ['p']);
});

test('refuses such keys before a link is created, and before a folder is watched', async () => {
  assert.throws(() => linkRequest({ as: '/q3.pdf' }), withCode('usage', /“\/q3\.pdf”/, /--as q3\.pdf$/));
  assert.throws(() => linkRequest({ as: 'q3/' }), withCode('usage', /ends with/, /--prefix q3\/$/));
  assert.throws(
    () => linkRequest({ as: 'in/', maxSize: '10M' }),
    (error) => {
      assert.ok(isUserError(error));
      const argv = 'link create --as in/ --expires 1h --max-size 10M --note x'.split(' ');
      assert.equal(
        new InUse({}, argv).lines(error.hintLines)[1],
        '  edge-upload link create --expires 1h --max-size 10M --note x --prefix in/',
      );
      return true;
    },
  );
  for (const as of ['/', '.well-known/']) {
    assert.throws(() => linkRequest({ as }), withCode('usage', /--as/, /^Give another value with --as\.$/));
  }
  assert.throws(() => linkRequest({ as: 'a//' }), withCode('usage', /“a\/\/”/, /--as a$/));
  await assert.rejects(
    watch(testContext(), { folder: '.', prefix: '/scans/' }),
    withCode('bad_key', /“\/scans\/”/, /--prefix scans\/$/),
  );
});
