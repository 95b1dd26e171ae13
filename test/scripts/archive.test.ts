import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { list } from 'tar';
import { writeArchive } from '../../scripts/package/archive.ts';
import { ownFolder } from '../cli/transfer/helpers/uploading.ts';

test('packs files below one folder, with the same bytes each time', async (t) => {
  const folder = join(await ownFolder(t), 'edge-upload-1.2.3-linux-x64');
  await mkdir(folder);
  await writeFile(join(folder, 'edge-upload'), 'a program');
  await chmod(join(folder, 'edge-upload'), 0o755);
  await writeFile(join(folder, 'LICENSE'), 'a licence');
  const files = { folder, files: ['edge-upload', 'LICENSE'], program: 'edge-upload' };
  for (const type of ['tar.gz', 'zip']) {
    const [once, again] = [`${folder}.${type}`, `${folder}.again.${type}`];
    await writeArchive({ ...files, output: once });
    await writeArchive({ ...files, output: again });
    assert.deepEqual(await readFile(once), await readFile(again), type);
  }
  const entries: string[] = [];
  await list({
    file: `${folder}.tar.gz`,
    onReadEntry: ({ path, mode = 0, mtime }) =>
      void entries.push(`${mode.toString(8)} ${path} ${mtime?.toISOString()}`),
  });
  assert.deepEqual(entries, [
    '755 edge-upload-1.2.3-linux-x64/edge-upload 1985-10-26T08:15:00.000Z',
    '644 edge-upload-1.2.3-linux-x64/LICENSE 1985-10-26T08:15:00.000Z',
  ]);
  const zip = await readFile(`${folder}.zip`);
  assert.equal(zip.subarray(0, 2).toString(), 'PK');
  for (const file of files.files) assert.ok(zip.includes(`edge-upload-1.2.3-linux-x64/${file}`), file);
});
