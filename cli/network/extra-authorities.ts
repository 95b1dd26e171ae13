import { X509Certificate } from 'node:crypto';
import { isLoopback } from '../../protocol/object-url.ts';
import { command, type HintLine } from '../command-line.ts';
import { systemCode, UserError } from '../errors.ts';
import { UNTRUSTED_HERE } from './failure-hints.ts';
import { readRegular } from './regular-file.ts';

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
    content = readRegular(file);
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
