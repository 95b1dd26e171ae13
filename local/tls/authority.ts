import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readOwnFile, replaceFile } from '../own-file.ts';
import {
  type KeyedCertificate,
  makeAuthority,
  makeServerCertificate,
  namesOfAuthority,
} from './certificates.ts';

export interface Authority {
  /** PEM file for clients to trust (`curl --cacert`, `NODE_EXTRA_CA_CERTS`, `AWS_CA_BUNDLE`). */
  readonly caFile: string;
  readonly caPem: string;
  /**
   * Sets the host names, besides loopback, that the authority can sign for. If they differ, its certificate is issued
   * again with the same key, so that earlier server certificates stay valid.
   */
  permit(names: readonly string[]): Promise<void>;
  /**
   * Returns a server certificate for `127.0.0.1`, `::1`, `localhost` and the given permitted hosts. A stored one is used
   * again while it is valid for 30 days more.
   */
  serverCertificate(hosts: readonly string[]): Promise<KeyedCertificate>;
}

const RENEW_BEFORE_MS = 30 * 86_400_000;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/**
 * Opens the certificate authority of one embedded cloud, which is stored in `dir` (keys have mode 0600). It is replaced
 * only if it expires within 30 days or has no name constraints.
 */
export async function openAuthority(options: { dir: string; now: () => Date }): Promise<Authority> {
  const { dir, now } = options;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const kept = readPair(dir, 'ca');
  let authority = kept !== undefined && isUsable(kept.cert, now()) ? kept : await makeAuthority(now());
  if (authority !== kept) writePair(dir, 'ca', authority);
  let issued = Promise.resolve();

  return {
    caFile: join(dir, 'ca.pem'),
    get caPem() {
      return authority.cert;
    },
    permit(names) {
      const wanted = [...new Set(names)].sort();
      const issue = async () => {
        if (isDeepStrictEqual(namesOfAuthority(authority.cert), wanted)) return;
        const next = await makeAuthority(now(), wanted, authority.key);
        writePair(dir, 'ca', next);
        authority = next;
      };
      const done = issued.then(issue);
      // The caller gets the failure, and the next call tries again.
      issued = done.catch(() => {});
      return done;
    },
    async serverCertificate(hosts) {
      const names = [...new Set([...LOOPBACK, ...hosts])];
      const file = ['server', ...hosts].join('-');
      const current = readPair(dir, file);
      if (current !== undefined && serves(current.cert, authority.cert, names, now())) return current;
      const renewed = await makeServerCertificate(authority, names, now());
      writePair(dir, file, renewed);
      return renewed;
    },
  };
}

function isUsable(cert: string, now: Date): boolean {
  return lasts(cert, now) && namesOfAuthority(cert) !== undefined;
}

function lasts(pem: string, now: Date): boolean {
  return new Date(new X509Certificate(pem).validTo).getTime() - now.getTime() > RENEW_BEFORE_MS;
}

function serves(pem: string, caPem: string, names: readonly string[], now: Date): boolean {
  const certificate = new X509Certificate(pem);
  const signed = certificate.verify(new X509Certificate(caPem).publicKey);
  const covers = (name: string) =>
    (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
  return signed && lasts(pem, now) && names.every(covers);
}

/** Reads a certificate and its key; `undefined` unless they match. A kill between two renames leaves half a pair. */
function readPair(dir: string, name: string): KeyedCertificate | undefined {
  const cert = readOwnFile(join(dir, `${name}.pem`))?.toString();
  const key = readOwnFile(join(dir, `${name}.key`))?.toString();
  if (cert === undefined || key === undefined) return undefined;
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)) ? { cert, key } : undefined;
}

function writePair(dir: string, name: string, pair: KeyedCertificate): void {
  replaceFile(join(dir, `${name}.key`), pair.key);
  replaceFile(join(dir, `${name}.pem`), pair.cert, 0o644);
}
