import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireWritable } from '../../../cli/settings/require-writable.ts';

const noModes = process.platform === 'win32' ? 'Windows has no such modes' : false;

test('checks whether a folder is writable before creating it', { skip: noModes }, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'edge-upload-writable-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await requireWritable(join(home, 'a/b/c'));
  assert.deepEqual(await readdir(home), []);
  await writeFile(join(home, 'file'), '');
  await assert.rejects(requireWritable(join(home, 'file/a')), { code: 'disk' });
  await mkdir(join(home, 'open'));
  await chmod(join(home, 'open'), 0o777);
  await assert.rejects(requireWritable(join(home, 'open')), { code: 'settings' });
  await requireWritable(join(home, 'open/below'));
});
