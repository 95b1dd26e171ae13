import { X509Certificate } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { isLoopback } from '../../protocol/object-url.ts';
import { command, type HintLine } from '../command-line.ts';
import { systemCode, UserError } from '../errors.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { UNTRUSTED_HERE } from './network-failure.ts';

/** Returns the authority of an embedded cloud, in PEM. @throws {UserError} `local_cloud` if it cannot be read */
export function authority({ caFile }: Pick<LocalCloud, 'caFile'>): string {
  try {
    return readCertificates(caFile).toString();
  } catch (error) {
    throw new UserError(
      'local_cloud',
      `The embedded cloud's certificate ${caFile} cannot be read (${systemCode(error)}).`,
      {
        hint: [
          'Start the embedded cloud, or deploy again:',
          command`edge-upload local start`,
          command`edge-upload deploy --local`,
        ],
        cause: error,
      },
    );
  }
}

/** OpenSSL's codes for a certificate that no known authority signed. */
const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const isHere = (host: string) => isLoopback(new URL(`https://${host}`).hostname);

/**
 * Returns the error for a host that is not trusted although `NODE_EXTRA_CA_CERTS` names a file, and what is wrong with the
 * file: Node ignores one without a certificate silently. Returns other errors unchanged.
 */
export function withExtraAuthorities(error: Error, host: string, file: string | undefined): Error {
  const code = systemCode(error);
  if (!file || code === undefined || !UNKNOWN_AUTHORITY.has(code)) return error;
  const [fault, hint] = faultOf(file);
  return new UserError(
    'tls',
    `${host} cannot be trusted: its certificate is signed by an unknown authority. NODE_EXTRA_CA_CERTS names ${file}, ${fault}.`,
    { hint: isHere(host) && hint === NAME_IT ? UNTRUSTED_HERE.hint : hint, cause: error },
  );
}

const PEM =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const NAME_IT = [
  'Name the certificate of the authority, in PEM:',
  command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
];

function faultOf(file: string): readonly [fault: string, hint: readonly HintLine[]] {
  let content: Buffer;
  try {
    content = readCertificates(file);
  } catch (error) {
    return [`which cannot be read (${systemCode(error)})`, NAME_IT];
  }
  const certificates = content.toString('latin1').match(PEM);
  if (certificates !== null) {
    return certificates.every(isCertificate)
      ? ['which does not contain that authority', NAME_IT]
      : ['which contains a damaged certificate', NAME_IT];
  }
  if (!isCertificate(content)) return ['which contains no certificate', NAME_IT];
  return [
    'which is in DER: Node reads only PEM',
    [
      'Convert it, and name the new file:',
      command`openssl x509 -inform der -in ${file} -out ${`${file}.pem`}`,
      command`export NODE_EXTRA_CA_CERTS=${`${file}.pem`}`,
    ],
  ];
}

function isCertificate(encoded: string | Buffer): boolean {
  try {
    return new X509Certificate(encoded).raw.length > 0;
  } catch {
    // OpenSSL's error says less than the name of the file.
    return false;
  }
}

/** A certificate has 1 KB, and the bundle of a system 300 KB. */
const MAX_BYTES = 1024 ** 2;

/** Reads a file of certificates. Opening a pipe would stop the whole process, Ctrl-C included, until something writes to it. */
function readCertificates(path: string): Buffer {
  // Windows does not have the flag, and `undefined` counts as 0.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const isUsable = stats.isFile() && stats.size <= MAX_BYTES;
    if (!isUsable) throw Object.assign(new Error('not a certificate'), { code: 'EINVAL' });
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
