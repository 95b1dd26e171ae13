import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import axe from 'axe-core';
import { listen } from '../support/serve.ts';
import { openBrowser } from './browser.ts';

type PageFiles = Readonly<Record<string, { readonly type: string; readonly gzip: string }>>;

const FOLDER = '/.well-known/edge-upload/page/';

test('the page shows its heading in a browser, without an error', async (t) => {
  const files = JSON.parse(
    await readFile(join(import.meta.dirname, '../../dist/page.json'), 'utf8'),
  ) as PageFiles;
  const origin = await listen(t, (request, response) => {
    const name = request.url === '/' ? '' : (request.url ?? '').replace(FOLDER, '');
    const file = files[name];
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type });
    response.end(gunzipSync(Buffer.from(file.gzip, 'base64')));
  });
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const errors: unknown[] = [];
  page.on('pageerror', (error) => errors.push(error));
  page.on('console', (message) => errors.push(message.text()));
  await page.goto(`${origin}/`);
  assert.equal(await page.$eval('h1', (heading) => heading.textContent), 'Upload files');
  assert.deepEqual(errors, []);
  await page.evaluate(axe.source);
  const violations = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id }) => id))',
  );
  assert.deepEqual(violations, []);
});
