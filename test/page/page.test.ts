import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { interruptedCases } from './cases/interrupted.ts';
import { linkCases } from './cases/links.ts';
import { deployPage } from './cases/world.ts';

const TITLE = 'Müller & Söhne';

const LOGO = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 112 32"><rect width="32" height="32" rx="7" fill="#0a5c9e"/>',
  '<path d="M8 24V9l8 9 8-9v15" fill="none" stroke="#fff" stroke-width="3" stroke-linejoin="round" stroke-linecap="round"/>',
  '<text x="42" y="23" font-family="Georgia, serif" font-size="20" fill="#4f86b4">Müller</text></svg>',
].join('');

test('uploads by a link in a browser', async (t) => {
  const browser = await openBrowser(t);
  await withCloud(async (computer, cloud) => {
    await writeFile(join(computer.home, 'logo.svg'), LOGO);
    const look = ['--page-title', TITLE, '--page-color', '#0a5c9e', '--page-logo', 'logo.svg'];
    const note = ['--page-note', 'Send us drawings and photos for the spring catalogue.'];
    const world = await deployPage(
      { t, browser, computer, cloud },
      [...look, ...note],
      ['--stack-name', 'files'],
    );
    await linkCases(world, TITLE);
    await interruptedCases(world);
  }, WITH_FAULTS);
});

test('limits script and style to 30 KB, further languages to 3 KB, and each file to a response', async () => {
  const files = JSON.parse(
    await readFile(join(import.meta.dirname, '../../dist/page.json'), 'utf8'),
  ) as Readonly<Record<string, { readonly gzip: string }>>;
  const sizes = Object.entries(files).map(([name, { gzip }]) => {
    assert.ok(gzip.length <= 36_000, `${name} has ${gzip.length} characters of base64`);
    const bytes = Buffer.from(gzip, 'base64').length;
    if (!/^[a-z]{2}-/.test(name)) return name === '' ? 0 : bytes;
    assert.ok(bytes <= 3_000, `${name} has ${bytes} bytes`);
    return 0;
  });
  const sum = sizes.reduce((all, bytes) => all + bytes, 0);
  assert.ok(sum <= 30_000, `script and style have ${sum} bytes`);
});
