import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newAccessKey, openAccessKey } from '../../../local/auth/access-key.ts';

function keyFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'keys.json');
}

const mode = (path: string) => lstatSync(path).mode & 0o7777;

test('generates a unique access key in AWS’s format', () => {
  const keys = Array.from({ length: 100 }, newAccessKey);
  for (const { accessKeyId, secretAccessKey } of keys) {
    assert.match(accessKeyId, /^AKIA[A-Z2-7]{16}$/);
    assert.match(secretAccessKey, /^[A-Za-z0-9+/]{40}$/);
  }
  assert.equal(new Set(keys.map(({ secretAccessKey }) => secretAccessKey)).size, keys.length);
});

test('creates the key once, for its owner only', (t) => {
  const path = keyFile(t);
  const key = openAccessKey(path);
  assert.equal(mode(path), 0o600);
  assert.deepEqual(openAccessKey(path), key);
});

test('replaces a file that another user could have read or written', (t) => {
  const path = keyFile(t);
  const key = openAccessKey(path);
  for (const open of [0o644, 0o620, 0o602, 0o640]) {
    writeFileSync(path, JSON.stringify(key));
    chmodSync(path, open);
    assert.notDeepEqual(openAccessKey(path), key, open.toString(8));
    assert.equal(mode(path), 0o600);
  }
});

test('refuses a link by name, and neither uses nor writes its target', (t) => {
  const path = keyFile(t);
  const elsewhere = `${path}.elsewhere`;
  const planted = JSON.stringify(newAccessKey());
  writeFileSync(elsewhere, planted, { mode: 0o600 });
  symlinkSync(elsewhere, path);
  assert.throws(() => openAccessKey(path), { message: /keys\.json is a symbolic link/ });
  assert.equal(readFileSync(elsewhere, 'utf8'), planted);
});

test('replaces a damaged file', (t) => {
  const path = keyFile(t);
  const { accessKeyId } = newAccessKey();
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"accessKeyId":1}',
    JSON.stringify({ accessKeyId }),
    JSON.stringify({ accessKeyId: 'test', secretAccessKey: 'test' }),
  ]) {
    writeFileSync(path, text, { mode: 0o600 });
    assert.match(openAccessKey(path).accessKeyId, /^AKIA/, text);
  }
});
