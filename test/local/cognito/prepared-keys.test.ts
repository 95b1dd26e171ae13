import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from 'node:process';
import { type TestContext, test } from 'node:test';
import { preparedKeyPairs } from '../../../local/cognito/keys.ts';
import { rsaKeyPair } from '../../support/keys/rsa-keys.ts';

const pemOf = (privateKey: KeyObject) => String(privateKey.export({ type: 'pkcs8', format: 'pem' }));

function keysFile(t: TestContext, prepared: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'pool-keys-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'keys.json');
  writeFileSync(file, JSON.stringify(prepared), { mode: 0o600 });
  return file;
}

test('takes keys from a file for new pools, each once, then generates keys', async (t) => {
  const prepared = [pemOf(rsaKeyPair().privateKey), pemOf(rsaKeyPair().privateKey)];
  const newKeys = preparedKeyPairs(keysFile(t, prepared));
  const first = await newKeys();
  assert.deepEqual([first.id.privateKey, first.access.privateKey], prepared);
  assert.notEqual(first.id.kid, first.access.kid);
  const second = await newKeys();
  for (const { privateKey } of [second.id, second.access]) {
    assert.ok(!prepared.includes(privateKey));
    assert.equal(createPublicKey(privateKey).asymmetricKeyDetails?.modulusLength, 2048);
  }
});

test('requires RSA keys of 2,048 bits', (t) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  assert.throws(() => preparedKeyPairs(keysFile(t, [pemOf(privateKey)])), /not an RSA key of 2048 bits/);
  assert.throws(() => preparedKeyPairs(keysFile(t, {})), /not a list of keys/);
});

test('refuses keys that others can read', {
  skip: platform === 'win32' && 'Windows has no file modes',
}, (t) => {
  const file = keysFile(t, []);
  chmodSync(file, 0o640);
  assert.throws(() => preparedKeyPairs(file), /keys\.json must be a file of yours with mode 0600/);
});
