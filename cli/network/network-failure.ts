import { X509Certificate } from 'node:crypto';
import { isLoopback } from '../../protocol/object-url.ts';
import { command, type HintLine } from '../command-line.ts';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { MORE_DESCRIPTORS, NO_DESCRIPTOR } from '../settings/disk-errors.ts';
import {
  chain,
  type Failure,
  findFailure,
  OTHER_HOST,
  PROXY_STATUS,
  REFUSED,
  UNKNOWN_AUTHORITY,
} from './failures.ts';
import { ProxyRefusal } from './proxy.ts';

const BETWEEN = 'A proxy of your company or the sign-in page of a network may be in between.';

/** For something that responds in place of a host. */
export const RESPONDS_INSTEAD = `${BETWEEN} Open any page in a browser to see its sign-in.`;

/** For a certificate that is not trusted. */
const UNTRUSTED = {
  hint: [
    BETWEEN,
    'Sign in to the network in a browser, or name the certificate of the proxy:',
    command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
  ],
  library: {
    hint: `${BETWEEN} Sign in to the network in a browser, or pass the certificate of the proxy as “ca”.`,
  },
};

/** For a certificate of this computer whose authority is unknown. */
const UNTRUSTED_HERE = {
  hint: [
    'An embedded cloud has its own certificate authority. To print its file, run where the cloud was started:',
    command`edge-upload local status`,
    'Then name that file here:',
    command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
  ],
  library: { hint: 'Pass the certificate authority of the embedded cloud as “ca”.' },
};

/** For a certificate of another host: no authority can fix that. */
const WRONG_HOST = `Check the address. ${RESPONDS_INSTEAD}`;

/** For a certificate that has expired or is not valid yet. */
const CLOCK = "Check this computer's clock. If it is right, the certificate of the host has to be renewed.";

/** For a host that is unreachable. */
const NO_CONNECTION = {
  hint: 'Check the address, the network, and HTTPS_PROXY if you need a proxy.',
  library: { hint: 'Check the address, the network, and the option “proxy” if you need a proxy.' },
};

const isOnThisComputer = (host: string) => {
  const url = `https://${host}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
};

/** What is wrong with a proxy, by the kind of the failure. A refusal has its own error. */
const PROXY_PROBLEMS: Readonly<Record<Failure['kind'], string>> = {
  certificate: 'cannot be trusted',
  connection: 'is unreachable',
  handshake: 'cannot be used',
  protocol: 'cannot be used',
  proxy: 'cannot be used',
};

function proxyError({ reason, code, kind }: Failure, proxy: string, host: string, cause: unknown): UserError {
  if (cause instanceof ProxyRefusal) return refusedByProxy(cause, host);
  const nested = [...chain(cause)].find((one) => one instanceof ProxyRefusal);
  if (nested !== undefined) return refusedByProxy(nested, host);
  const problem = code === PROXY_STATUS ? `does not connect to ${host} now` : PROXY_PROBLEMS[kind];
  return new UserError(
    kind === 'certificate' ? 'tls' : 'unreachable',
    `The proxy ${proxy} ${problem}: ${reason}.`,
    {
      hint: `Check HTTPS_PROXY, or add hosts that need no proxy to NO_PROXY, such as ${host}.`,
      library: { hint: 'Check the option “proxy”.' },
      cause,
    },
  );
}

function refusedByProxy(refusal: ProxyRefusal, host: string): UserError {
  return new UserError('unreachable', `${refusal.message}.`, {
    ...refusal.hintFor(host),
    cause: refusal,
  });
}

function certificateHint({ code, reason }: Failure, host: string) {
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return { hint: CLOCK };
  if (reason === OTHER_HOST) return { hint: WRONG_HOST };
  return reason === UNKNOWN_AUTHORITY && isOnThisComputer(host) ? UNTRUSTED_HERE : UNTRUSTED;
}

/**
 * Returns the error to print for a network failure; `undefined` for other errors. A `UserError` is returned
 * unchanged.
 */
export function networkFailure(error: unknown, host: string): UserError | undefined {
  if (isUserError(error)) return error;
  const failure = findFailure(error);
  if (failure === undefined) return undefined;
  const { kind, code, reason, proxy } = failure;
  if (NO_DESCRIPTOR.has(code)) {
    return new UserError('unreachable', `No connection to ${host}: ${reason}.`, {
      hint: MORE_DESCRIPTORS,
      cause: error,
    });
  }
  if (proxy !== undefined) return proxyError(failure, proxy, host, error);
  if (kind === 'handshake') {
    return new UserError('tls', `${host} cannot be used: ${reason}.`, {
      hint: `Check the address and its port. ${BETWEEN}`,
      cause: error,
    });
  }
  if (kind === 'certificate') {
    return new UserError('tls', `${host} cannot be trusted: ${reason}.`, {
      ...certificateHint(failure, host),
      cause: error,
    });
  }
  if (kind === 'protocol') {
    return new UserError('unreachable', `${host} cannot be used: ${reason}.`, {
      hint: 'Check the address and its port. A proxy or the sign-in page of a network may be in between.',
      cause: error,
    });
  }
  return new UserError('unreachable', `${host} is unreachable: ${reason}.`, {
    ...(isOnThisComputer(host) && reason === REFUSED
      ? { hint: ['If this is the embedded cloud, start it with:', command`edge-upload local start`] }
      : NO_CONNECTION),
    cause: error,
  });
}

/**
 * Returns the error for a refusal that names no error of AWS, such as the redirect of a captive portal. The SDK calls it
 * `UnknownError`.
 */
export function foreignResponse(error: unknown, host: string): UserError {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return new UserError(
    'unreachable',
    `${host} cannot be used: it responded with HTTP ${$metadata?.httpStatusCode}, without an error of AWS.`,
    { hint: RESPONDS_INSTEAD, cause: error },
  );
}

/** The file that `NODE_EXTRA_CA_CERTS` names. */
export interface ExtraAuthorities {
  readonly file: string;
  /** @throws the system's error */
  readonly read: () => Buffer;
}

/**
 * Returns the error for a host or proxy that is not trusted although `NODE_EXTRA_CA_CERTS` names a file, and what is wrong
 * with the file: Node ignores one without a certificate silently. Returns other errors unchanged.
 */
export function withExtraAuthorities(error: Error, host: string, extra: ExtraAuthorities): Error {
  const { code, reason, proxy } = findFailure(error) ?? {};
  if (reason !== UNKNOWN_AUTHORITY && code !== 'DEPTH_ZERO_SELF_SIGNED_CERT') return error;
  const [fault, hint] = faultOf(extra);
  const subject = proxy === undefined ? host : `The proxy ${proxy}`;
  const isHere = proxy === undefined && isOnThisComputer(host);
  return new UserError(
    'tls',
    `${subject} cannot be trusted: its certificate is signed by an unknown authority. NODE_EXTRA_CA_CERTS names ${extra.file}, ${fault}.`,
    { hint: isHere && hint === NAME_IT ? UNTRUSTED_HERE.hint : hint, cause: error },
  );
}

const PEM =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const NAME_IT = [
  'Name the certificate of the authority, in PEM:',
  command`export NODE_EXTRA_CA_CERTS=<file.pem>`,
];

function faultOf({ file, read }: ExtraAuthorities): readonly [fault: string, hint: readonly HintLine[]] {
  let content: Buffer;
  try {
    content = read();
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
    // OpenSSL's error is less clear than the name of the file.
    return false;
  }
}
