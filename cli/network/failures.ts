import { getSystemErrorMap } from 'node:util';
import type { Dispatcher } from 'undici';
import { table } from '../../protocol/fields.ts';
import { ProxyRefusal, ProxyUnreachable } from './proxy.ts';

/**
 * Kinds of network failures.
 * `connection`: a socket, a name or a timeout; a retry can work. `handshake`: TLS was not negotiated; a retry can
 * work. `protocol`: the response is not HTTP, or not one of the service. `certificate`: the server is not
 * trusted. `proxy`: the proxy refused. Retries do not help for the last two.
 */
type FailureKind = 'connection' | 'handshake' | 'protocol' | 'certificate' | 'proxy';

export interface Failure {
  readonly kind: FailureKind;
  /** Such as `ECONNRESET` or `CERT_HAS_EXPIRED`; the error's name if it has no code. */
  readonly code: string;
  /** The rest of a sentence that names the host, such as `nothing listens there`. */
  readonly reason: string;
  /** True if no connection was made, so that the request was not sent. */
  readonly connecting: boolean;
  /** `host:port` of the proxy, if that is where it failed. */
  readonly proxy?: string;
}

/** Returns true for a status that redirects to another address. 304 does not. */
export function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

export const REFUSED = 'nothing listens there';
const SILENT = 'it does not respond';
/** Code for a proxy that responds that it cannot connect now. */
export const PROXY_STATUS = 'ERR_PROXY_STATUS';
const CLOSED = 'the connection was closed';

const REASONS = table<string>({
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up (DNS does not respond)',
  ECONNREFUSED: REFUSED,
  ECONNRESET: 'the connection was reset',
  EPIPE: CLOSED,
  EHOSTUNREACH: 'there is no route to the host from this network',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: SILENT,
  EACCES: 'this computer does not allow the connection (a firewall, perhaps)',
  EPERM: 'this computer does not allow the connection (a firewall, perhaps)',
  EMFILE: 'this process has too many open files',
  ENFILE: 'this computer has too many open files',
  TimeoutError: 'it does not respond in time',
  UND_ERR_CONNECT_TIMEOUT: SILENT,
  UND_ERR_HEADERS_TIMEOUT: SILENT,
  UND_ERR_BODY_TIMEOUT: 'it stopped responding',
  UND_ERR_SOCKET: CLOSED,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'its response was cut off',
});

export const OTHER_HOST = 'its certificate is for another host';
export const UNKNOWN_AUTHORITY = 'its certificate is signed by an unknown authority';

const CERTIFICATE_REASONS = table<string>({
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_HOST,
  HOSTNAME_MISMATCH: OTHER_HOST,
});

/** OpenSSL's codes for invalid certificates: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const CERTIFICATE =
  /^(?:CERT_|CRL_|UNABLE_TO_(?:GET|DECRYPT|DECODE|VERIFY)_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$|UNSPECIFIED$|ERROR_IN_C|HOSTNAME_MISMATCH$|ERR_TLS_CERT_)/;
const HANDSHAKE = /^(?:ERR_(?:SSL|TLS|OSSL)_|EPROTO$|UND_ERR_PRX_TLS$)/;
/**
 * undici throws assertion errors for what its parser does not check, such as a status below 100. Nothing else here asserts.
 */
const GARBLED = /^(?:HPE_|UND_ERR_RES_EXCEEDED_MAX_SIZE$|ERR_ASSERTION$)/;
/** undici's messages for 100 Continue and 101 Switching Protocols, for which no request asks. */
const UNASKED = /^bad (?:response|upgrade)$/;
/** undici's codes for wrong arguments and for an aborted request. */
const OURS =
  /^UND_ERR_(?:ABORTED|ABORT|INVALID_ARG|INVALID_RETURN_VALUE|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH|DESTROYED|CLOSED|BPL_MISSING_UPSTREAM)$/;
const STREAM = /^ERR_(?:SOCKET_(?:CLOSED|CONNECTION_TIMEOUT)|STREAM_PREMATURE_CLOSE)$/;

/** Node's codes of system errors. Windows has errors without a name of their own. */
const SYSTEM_CODE = /^(?:E(?!RR_)[A-Z0-9]|UNKNOWN$)/;
/** System calls that only sockets and name look-ups make. */
const NETWORK_CALL =
  /^(?:connect|getaddrinfo|getnameinfo|query\w*|socket|shutdown|bind|listen|accept|send\w*|recv\w*)$/;
const CONNECTING_CALL = /^(?:connect|getaddrinfo|query\w*|socket|bind)$/;
/** Codes of `read` and `write` for files; sockets use the same calls. */
const FILE_CODES: ReadonlySet<string> = new Set(
  'UNKNOWN EISDIR ENOTDIR ENOENT ENOSPC EDQUOT EROFS EFBIG ESTALE EIO EBADF EEXIST ELOOP ENAMETOOLONG ENOTEMPTY ENXIO EXDEV ETXTBSY'.split(
    ' ',
  ),
);

/** Fields of the errors of Node, undici and the SDK that are used here. */
type Details = Error & {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly errors?: unknown;
  readonly $metadata?: unknown;
  readonly $fault?: unknown;
};

/** Yields the error, its causes, and the errors of each address. */
export function* chain(error: unknown, depth = 0): Generator<Details> {
  if (!(error instanceof Error) || depth > 10) return;
  const details = error as Details;
  yield details;
  yield* chain(details.cause, depth + 1);
  if (Array.isArray(details.errors)) for (const one of details.errors) yield* chain(one, depth + 1);
}

function isSystemFailure({ code, syscall, path }: Details): boolean {
  if (typeof code !== 'string' || !SYSTEM_CODE.test(code)) return false;
  if (typeof syscall === 'string' && NETWORK_CALL.test(syscall)) return true;
  if (syscall !== undefined && syscall !== 'read' && syscall !== 'write') return false;
  return path === undefined && !FILE_CODES.has(code);
}

class ForeignResponse extends Error {}

/** Services whose successful responses may have no body, or any body, so that only the id proves them. */
const UNPROVED = /\/s3\/aws4_request\b/;

/**
 * Refuses a response of a proxy or captive portal that the SDK takes for one without members: a web page, no body where
 * AWS responds with XML, or any success in place of S3. AWS gives each response an id, also to an object that is a page. A
 * redirect has an error that names its target, and a page of a busy server is retried.
 * @param sent headers of the request
 */
export function refuseForeign(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  sent: Readonly<Record<string, string>>,
): void {
  const isPage = /^text\/html\b/i.test(String(headers['content-type']));
  // The protocol of CloudFormation, IAM and STS.
  const isQuery = /^application\/x-www-form-urlencoded\b/i.test(sent['content-type'] ?? '');
  const isEmpty = isQuery && headers['content-length'] === '0';
  const isUnproved = statusCode < 300 && (isEmpty || UNPROVED.test(sent.authorization ?? ''));
  if (!(isPage || isUnproved) || statusCode >= 500 || isRedirect(statusCode)) return;
  if (Object.entries(headers).some(([name, id]) => /^x-amzn?-request-?id$/i.test(name) && id)) return;
  body.once('error', () => {}).destroy();
  throw new ForeignResponse('The response has no request id.');
}

/** Returns true if a response is not from AWS, such as the page of a proxy or captive portal. */
function isUnreadable(error: Details): boolean {
  if (error instanceof ForeignResponse) return true;
  return '$metadata' in error && !('$fault' in error) && error.message.includes('Deserialization error');
}

function systemReason(code: string): string {
  for (const [name, message] of getSystemErrorMap().values())
    if (name === code) return `${message} (${code})`;
  return code;
}

function handshakeReason(code: string): string {
  if (code.endsWith('NO_APPLICATION_PROTOCOL')) return 'it does not speak HTTP/1.1';
  if (/PROTOCOL_VERSION$|UNSUPPORTED_PROTOCOL$/.test(code)) return 'it does not speak TLS 1.2 or later';
  if (/ALERT_(?:HANDSHAKE_FAILURE|BAD_CERTIFICATE|CERTIFICATE_REQUIRED)$/.test(code))
    return `it refuses the TLS handshake, or demands a client certificate, which edge-upload does not have (${code})`;
  return `TLS could not be negotiated (${code})`;
}

function classify(error: Details): Failure | undefined {
  const { name, syscall } = error;
  const code = typeof error.code === 'string' ? error.code : name;
  const failure = (kind: FailureKind, reason: string, connecting = false) => ({
    kind,
    code,
    reason,
    connecting,
  });
  if (error instanceof ProxyRefusal) return { ...failure('proxy', error.message, true), proxy: error.proxy };
  if (CERTIFICATE.test(code)) {
    const reason = CERTIFICATE_REASONS[code] ?? `its certificate is not valid (${error.message})`;
    return failure('certificate', reason, true);
  }
  if (HANDSHAKE.test(code)) return failure('handshake', handshakeReason(code), true);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return failure('protocol', 'its headers are too large');
  if (GARBLED.test(code) || name === 'HTTPParserError' || UNASKED.test(error.message)) {
    return failure('protocol', 'its response is not HTTP');
  }
  if (name === 'TimeoutError' && !('$fault' in error))
    return failure('connection', REASONS.TimeoutError ?? '');
  const isUndici = code.startsWith('UND_ERR_') && !OURS.test(code);
  if (!isUndici && !STREAM.test(code) && !isSystemFailure(error)) {
    return isUnreadable(error) ? failure('protocol', 'its response is not from AWS') : undefined;
  }
  const connecting =
    code === 'UND_ERR_CONNECT_TIMEOUT' || (typeof syscall === 'string' && CONNECTING_CALL.test(syscall));
  return failure('connection', REASONS[code] ?? (isUndici ? CLOSED : systemReason(code)), connecting);
}

/**
 * Finds the network failure in an error or its causes. Every failure of a socket, a name or TLS is one. Returns
 * `undefined` for other errors: responses of services, files, faults of this program.
 */
export function findFailure(error: unknown): Failure | undefined {
  let proxy: string | undefined;
  for (const one of chain(error)) {
    if (one instanceof ProxyUnreachable) {
      const { status } = one;
      ({ proxy } = one);
      if (status !== undefined) {
        const reason = `it responded with HTTP ${status}`;
        return { kind: 'connection', code: PROXY_STATUS, reason, connecting: true, proxy };
      }
    }
    const failure = classify(one);
    if (failure !== undefined) return proxy === undefined ? failure : { ...failure, proxy };
  }
  return undefined;
}

/** Returns true if a retry can work. */
export function isTransient({ kind }: Pick<Failure, 'kind'>): boolean {
  return kind === 'connection' || kind === 'handshake';
}

const TIMEOUT = /^(?:TimeoutError|UND_ERR_(?:CONNECT|HEADERS|BODY)_TIMEOUT)$/;

/** Returns true if a connection or a response timed out. A retry adds a wait of the same length. */
export function isTimeout({ code }: Pick<Failure, 'code'>): boolean {
  return TIMEOUT.test(code);
}
