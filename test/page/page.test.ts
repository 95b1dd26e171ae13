import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { WITH_FAULTS, withCloud } from '../e2e/harness.ts';
import { openBrowser } from './browser.ts';
import { linkCases } from './cases/links.ts';

test('people send files by a link in a browser', async (t) => {
  const browser = await openBrowser(t);
  await withCloud((computer, cloud) => linkCases(t, browser, computer, cloud), WITH_FAULTS);
});

test('script and style have at most 30 KB, and each file fits an answer of the edge', async () => {
  const files = JSON.parse(
    await readFile(join(import.meta.dirname, '../../dist/page.json'), 'utf8'),
  ) as Readonly<Record<string, { readonly gzip: string }>>;
  const sizes = Object.entries(files).map(([name, { gzip }]) => {
    assert.ok(gzip.length < 38_000, `${name} has ${gzip.length} characters of base64`);
    return name === '' ? 0 : Buffer.from(gzip, 'base64').length;
  });
  const sum = sizes.reduce((all, bytes) => all + bytes, 0);
  assert.ok(sum <= 30_000, `script and style have ${sum} bytes`);
});
