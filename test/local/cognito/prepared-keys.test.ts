import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { preparedKeyPairs } from '../../../local/cognito/keys.ts';
import { rsaKeyPair } from '../../support/rsa-keys.ts';

test('new pools take keys from a file, each key once, and generate keys after that', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'pool-keys-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'keys.json');
  const pem = () => String(rsaKeyPair().privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const prepared = [pem(), pem()];
  writeFileSync(file, JSON.stringify(prepared));
  const newKeys = preparedKeyPairs(file);
  const first = await newKeys();
  assert.deepEqual([first.id.privateKey, first.access.privateKey], prepared);
  assert.notEqual(first.id.kid, first.access.kid);
  const second = await newKeys();
  for (const { privateKey } of [second.id, second.access]) {
    assert.ok(!prepared.includes(privateKey));
    assert.equal(createPublicKey(privateKey).asymmetricKeyDetails?.modulusLength, 2048);
  }
});
