import { generateKeyPair } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pid } from 'node:process';
import { promisify } from 'node:util';

async function generateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return privateKey;
}

/**
 * Returns the environment of an embedded cloud whose first user pool has the keys of this test run. Generating keys for
 * each cloud would take most of the processor time of its first deployment.
 */
export async function preparedPoolKeys(): Promise<NodeJS.ProcessEnv> {
  const { COMPILED_TESTS: folder } = process.env;
  if (folder === undefined) return {};
  const file = join(folder, 'pool-keys.json');
  if (!existsSync(file)) {
    const aside = `${file}.${pid}`;
    await writeFile(aside, JSON.stringify(await Promise.all([generateKey(), generateKey()])), {
      mode: 0o600,
    });
    await rename(aside, file);
  }
  return { EDGE_UPLOAD_LOCAL_POOL_KEYS: file };
}
