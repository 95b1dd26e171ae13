import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Metafile } from 'esbuild';
import { isAllowedLicence, refusedPackages } from '../../scripts/licences.ts';
import { thirdPartyNotices } from '../../scripts/notices.ts';

test('allows a licence by its SPDX expression; one allowed alternative is enough', () => {
  for (const licence of ['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-or-later)']) {
    assert.ok(isAllowedLicence(licence), licence);
  }
  for (const licence of [
    undefined,
    '',
    'GPL-3.0-only',
    'MIT AND GPL-3.0-only',
    'UNLICENSED',
    'SEE LICENSE',
  ]) {
    assert.ok(!isAllowedLicence(licence), licence);
  }
});

test('names packages of a lock file with another licence', () => {
  const packages = {
    '': { license: 'ours' },
    'node_modules/good': { license: 'MIT' },
    'node_modules/bad': { license: 'GPL-3.0-only' },
    'node_modules/silent': {},
  };
  assert.deepEqual(refusedPackages(JSON.stringify({ packages })), [
    'node_modules/bad: GPL-3.0-only',
    'node_modules/silent: no licence',
  ]);
});

test('builds no bundle with an unknown licence, or without a licence text', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'edge-upload-licences-'));
  t.after(() => rm(root, { recursive: true }));
  const bundleOf = async (name: string, license: string, text?: string) => {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', license }));
    if (text !== undefined) await writeFile(join(folder, 'LICENSE'), text);
    const input = `${folder.replaceAll('\\', '/')}/index.js`;
    return thirdPartyNotices([{ inputs: { [input]: {} } } as unknown as Metafile]);
  };
  assert.match(await bundleOf('good', 'MIT', 'The text.'), /good 1\.0\.0 \(MIT\)\n\nThe text\./);
  await assert.rejects(bundleOf('silent', 'MIT'), /silent 1\.0\.0 has no licence text/);
  await assert.rejects(bundleOf('bad', 'GPL-3.0-only', 'The text.'), /bad 1\.0\.0 is under GPL-3\.0-only/);
});

test('prints terms once that several packages share', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'edge-upload-licences-'));
  t.after(() => rm(root, { recursive: true }));
  const terms = 'Apache License\n  Version 2.0, January 2004\n\n1. Terms.\nEND OF TERMS AND CONDITIONS';
  const texts = {
    one: `${terms}\nCopyright One`,
    two: `${terms.replace('  Version', 'Version')}\nCopyright Two`,
    other: terms.replace('1. Terms', '1. Other terms'),
  };
  const inputs = Object.keys(texts).map((name) => [`${root}/node_modules/${name}/index.js`, {}]);
  for (const [name, text] of Object.entries(texts)) {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', license: 'Apache-2.0' }),
    );
    await writeFile(join(folder, 'LICENSE'), text);
  }
  const bundle = { inputs: Object.fromEntries(inputs) } as unknown as Metafile;
  const notices = await thirdPartyNotices([bundle]);
  assert.equal(notices.split('1. Terms.').length, 2);
  assert.match(notices, /two 1\.0\.0 \(Apache-2\.0\)\n\n\(The terms .* at the end\.\)\nCopyright Two/);
  assert.match(notices, /1\. Other terms\./);
  assert.ok(notices.trimEnd().endsWith('END OF TERMS AND CONDITIONS'));
});
