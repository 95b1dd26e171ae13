import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '../support/programs.ts';
import { openWindows } from './windows.ts';

test('does the whole job under Node for Windows', { skip: missing('wine') }, async (t) => {
  const windows = await openWindows(t);
  const { files } = windows;
  const ok = async (args: readonly string[], input?: string) => {
    const { code, stdout, stderr } = await windows.run(args, input);
    assert.equal(code, 0, `edge-upload ${args.join(' ')}\n${stdout}${stderr}`);
    return stdout;
  };
  const keys = async () => {
    const { objects } = JSON.parse(await ok(['ls', '--json'])) as { objects: { key: string }[] };
    return objects.map(({ key }) => key);
  };

  await ok(['local', 'start', '--port', '0']);
  await ok(['deploy', '--local', '--yes']);
  const password = 'Long-Enough-Pass-1\n';
  await ok(['login', '--create', '--email', 'ada@example.com', '--new-password-stdin'], password);

  const large = randomBytes(20_000_000);
  await mkdir(join(files, 'photos/März'), { recursive: true });
  await writeFile(join(files, 'photos/März/1.jpg'), 'one');
  await writeFile(join(files, 'large.bin'), large);

  await t.test('stores files, folders and standard input below keys with slashes', async () => {
    await ok(['put', 'large.bin', String.raw`C:\files\photos\März\1.jpg`]);
    await ok(['put', '-r', String.raw`.\photos`, '--prefix', '2026/']);
    await ok(['put', '-', '--as', 'typed.txt'], 'typed');
    assert.deepEqual(await keys(), ['1.jpg', '2026/photos/März/1.jpg', 'large.bin', 'typed.txt']);
    await ok(['get', 'large.bin', '--as', 'again.bin']);
    assert.ok(large.equals(await readFile(join(files, 'again.bin'))));
  });

  await t.test(
    'stores keys that Windows cannot use as names, apart from those that differ by case',
    async () => {
      for (const [key, text] of [
        ['a?b', 'one'],
        ['nul', 'two'],
        ['A?B', 'three'],
      ] as const)
        await ok(['put', '-', '--as', key], text);
      assert.equal(await ok(['get', 'a?b', '--as', '-']), 'one');
      assert.equal(await ok(['get', 'nul', '--as', '-']), 'two');
      assert.equal(await ok(['get', 'A?B', '--as', '-']), 'three');
      const { code, stderr } = await windows.run(['get', 'nul']);
      assert.equal(code, 2, stderr);
    },
  );

  await t.test('keeps the demonstration apart from the cloud of the user', async () => {
    await ok(['demo']);
    assert.ok((await keys()).includes('large.bin'));
  });

  await ok(['destroy', '--yes']);
  await ok(['local', 'stop']);
});
