import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withApi } from '../../../scripts/docs/api-page.ts';

test('the library’s reference is generated from its doc comments', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/library.md'), 'utf8');
  assert.match(page, /### `createUploader`[\s\S]*### `UploadOptions`[\s\S]*\| `noClobber\?` \| `boolean` \|/);
  assert.equal(page, withApi(page), 'renew it with: npm run docs:library');
});
