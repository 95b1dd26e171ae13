import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { countItems } from '../../../../cli/transfer/sources/count-items.ts';
import { openSources } from '../../../../cli/transfer/sources/sources.ts';
import { ownFolder } from '../helpers/uploading.ts';

test('counts files and their bytes, without unreadable ones', async (t) => {
  const cwd = await ownFolder(t);
  await mkdir(join(cwd, 'd'));
  for (let index = 0; index < 200; index += 1) await writeFile(join(cwd, 'd', `${index}`), 'x'.repeat(index));
  await symlink('nowhere', join(cwd, 'd', 'broken'));
  const { signal } = new AbortController();
  const world = { cwd, stdin: new PassThrough(), signal, env: {}, platform: 'linux' as const, home: cwd };
  const folder = await openSources({ files: ['d'], recursive: true }, world);
  assert.deepEqual(await countItems(folder, signal), { files: 201, bytes: (199 * 200) / 2 });
  const named = await openSources({ files: ['d/7', 'absent'] }, world);
  assert.deepEqual(await countItems(named, signal), { files: 2, bytes: 7 });
  assert.equal(await countItems(folder, AbortSignal.abort()), undefined);
});
