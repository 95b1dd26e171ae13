import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../../cli/errors.ts';
import { dryRun } from '../../../cli/transfer/dry-run.ts';
import { openSources } from '../../../cli/transfer/sources/sources.ts';
import { rows, testContext } from '../../support/context.ts';
import { ownFolder, withCode } from './helpers/uploading.ts';

test('prints keys, sizes and parts, and files that cannot be uploaded', {
  skip: process.platform === 'win32' ? 'Windows has no such names' : false,
}, async (t) => {
  const cwd = await ownFolder(t);
  await mkdir(join(cwd, 'd'));
  await writeFile(join(cwd, 'd', 'small.txt'), 'small');
  await writeFile(join(cwd, 'd', 'bad\nname'), '');
  await writeFile(join(cwd, 'd', 'large'), '');
  await truncate(join(cwd, 'd', 'large'), 100 * 1024 ** 2);
  const context = testContext({ cwd });
  const sources = await openSources({ files: ['d'], recursive: true, prefix: 'p/' }, context);
  const result = await dryRun(context, sources, { url: 'https://edge.example' });
  const shown = Object.fromEntries(rows(context.events).map((row) => [row.key, row]));
  assert.deepEqual(shown['p/d/small.txt'], {
    type: 'file',
    dryRun: true,
    file: join('d', 'small.txt'),
    key: 'p/d/small.txt',
    url: 'https://edge.example/p/d/small.txt',
    bytes: 5,
    parts: 1,
  });
  assert.equal(shown['p/d/large']?.parts, 13);
  assert.match(JSON.stringify(shown['p/d/bad\nname']), /"code":"bad_key"/);
  const lines = context.events.flatMap((shown) => (shown.type === 'row' ? [shown.text] : []));
  assert.ok(
    lines.every((line) => !line.includes('\n')) && lines.some((line) => line.includes('bad\\x0aname')),
  );
  assert.equal(result.exitCode, EXIT.policy);
  assert.deepEqual(result.document, {
    type: 'summary',
    dryRun: true,
    url: 'https://edge.example',
    files: 2,
    failed: 1,
    bytes: 100 * 1024 ** 2 + 5,
  });
});

test('refuses the headers that the upload would refuse', async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'f'), 'f');
  const context = testContext({ cwd });
  for (const options of [{ contentType: 'image' }, { metadata: { 'uploaded-by': 'me' } }]) {
    const sources = await openSources({ files: ['f'] }, context);
    await assert.rejects(
      dryRun(context, sources, { url: 'https://edge.example', ...options }),
      withCode('usage'),
    );
  }
  assert.deepEqual(context.events, []);
});

test('reports unreadable files', {
  skip: process.platform === 'win32' || process.getuid?.() === 0 ? 'Windows and root read everything' : false,
}, async (t) => {
  const cwd = await ownFolder(t);
  await writeFile(join(cwd, 'secret'), '', { mode: 0 });
  const context = testContext({ cwd });
  const sources = await openSources({ files: ['secret'] }, context);
  assert.equal((await dryRun(context, sources, { url: 'https://edge.example' })).exitCode, EXIT.input);
});
