import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';

/**
 * Returns a private key in PEM, which shares nothing with the job that generated it. Otherwise Node 20 deadlocks if that
 * job is garbage-collected while its key is exported as a JWK.
 */
function generate(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** Gives a file its name, unless another process was faster, whose key pair can already be in use. */
function linkFirst(aside: string, file: string): void {
  try {
    linkSync(aside, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  } finally {
    rmSync(aside);
  }
}

let given = 0;

/**
 * Returns a key pair that differs from all others of this process. The processes of a test run use the same pairs, because
 * generating one takes as long as a short test.
 */
export function rsaKeyPair(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const { COMPILED_TESTS: folder } = process.env;
  given += 1;
  const file = folder === undefined ? undefined : join(folder, `rsa-key-${given}.pem`);
  if (file !== undefined && !existsSync(file)) {
    const aside = `${file}.${pid}`;
    writeFileSync(aside, generate(), { mode: 0o600 });
    linkFirst(aside, file);
  }
  const pem = file === undefined ? generate() : readFileSync(file, 'utf8');
  return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}
