import 'reflect-metadata';
import { createHash, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const CA_DAYS = 3_650;
/** Apple and the CA/Browser Forum allow 398 days. */
const SERVER_DAYS = 397;

// The library does not find Node's WebCrypto by itself.
x509.cryptoProvider.set(webcrypto as never);

/** The names of every cloud, which listens on loopback only. */
const LOOPBACK_SUBTREES = [
  new GeneralName({ dNSName: 'localhost' }),
  new GeneralName({ iPAddress: '127.0.0.0/8' }),
  new GeneralName({ iPAddress: '::1/128' }),
];

/**
 * Creates a certificate authority that is constrained to loopback and the given DNS names. Clients that trust it refuse
 * certificates for any other name, even if its key is stolen (RFC 5280 section 4.2.1.10).
 * @param key PEM of its current private key; absent for a new key
 */
export async function makeAuthority(
  now: Date,
  names: readonly string[] = [],
  key?: string,
): Promise<KeyedCertificate> {
  const keys = key === undefined ? await generateKeys() : await readKeys(key);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=edge-upload local authority ${fingerprint(keys.spki)}`,
    ...validity(now, CA_DAYS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraintsTo(names))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: keys.pem };
}

function constraintsTo(names: readonly string[]): NameConstraints {
  const subtrees = [...LOOPBACK_SUBTREES, ...names.map((dNSName) => new GeneralName({ dNSName }))];
  const permitted = subtrees.map((base) => new GeneralSubtree({ base }));
  return new NameConstraints({ permittedSubtrees: new GeneralSubtrees(permitted) });
}

/** Returns the DNS names of an authority, without `localhost`; `undefined` if it has no name constraints. */
export function namesOfAuthority(cert: string): readonly string[] | undefined {
  const extension = new x509.X509Certificate(cert).getExtension(id_ce_nameConstraints);
  if (extension === null) return undefined;
  const { permittedSubtrees = [] } = AsnConvert.parse(extension.value, NameConstraints);
  return [...permittedSubtrees].flatMap(({ base: { dNSName } }) =>
    dNSName === undefined || dNSName === 'localhost' ? [] : [dNSName],
  );
}

/** Issues a server certificate for the given IP addresses and DNS names. */
export async function makeServerCertificate(
  authority: KeyedCertificate,
  hosts: readonly string[],
  now: Date,
): Promise<KeyedCertificate> {
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=edge-upload local',
    issuer: issuer.subject,
    ...validity(now, SERVER_DAYS),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: keys.pem };
}

/** Returns a period that starts a day early, so that the certificate is valid for slow clocks. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(now.getTime() - DAY_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * DAY_MS) };
}

async function generateKeys() {
  const pair = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', pair.privateKey);
  const spki = await webcrypto.subtle.exportKey('spki', pair.publicKey);
  return { ...pair, spki: Buffer.from(spki), pem: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}

async function readKeys(pem: string) {
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const publicKey = await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']);
  return { privateKey: await importKey(pem), publicKey, spki, pem };
}

async function importKey(pem: string) {
  const pkcs8 = x509.PemConverter.decodeFirst(pem);
  return webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign']);
}

/** Distinguishes several authorities in a trust store. */
function fingerprint(spki: Buffer): string {
  return createHash('sha256').update(spki).digest('hex').slice(0, 8);
}
