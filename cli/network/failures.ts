import { systemCode, UserError } from '../errors.ts';

const TLS_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an unknown authority',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};

const REFUSED = 'nothing listens there';

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up (DNS does not answer)',
  ECONNREFUSED: REFUSED,
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  EHOSTUNREACH: 'the host cannot be reached from this network',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer',
  UND_ERR_BODY_TIMEOUT: 'it stopped answering',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_ABORTED: 'the proxy refused the connection',
};

/**
 * Where a connection failed, if that is not where `url` is: it was a proxy then. `undefined` where the edge itself failed,
 * or nobody knows.
 */
export function proxyAt(error: unknown, url: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { hostname, port, protocol } = new URL(url);
  // Where a name has several addresses, there is an error for each.
  const { errors: [first = error] = [] } = error as { errors?: readonly unknown[] };
  const failed = first as { hostname?: string; address?: string; port?: number };
  if (failed.port !== undefined && failed.address !== undefined) {
    const ours = Number(port) || (protocol === 'https:' ? 443 : 80);
    return failed.port === ours ? undefined : `${failed.address}:${failed.port}`;
  }
  return failed.hostname === hostname ? undefined : failed.hostname;
}

/**
 * A failed connection as a user meets it; `undefined` for what is no failure of the network.
 * @param proxy - what {@link proxyAt} says of it
 */
export function networkFailure(error: unknown, host: string, proxy?: string): UserError | undefined {
  const code = systemCode(error);
  if (code === undefined) return undefined;
  const tls = TLS_REASONS[code] ?? (code.startsWith('ERR_SSL') ? 'TLS could not be negotiated' : undefined);
  if (tls !== undefined) {
    return new UserError('tls', `${host} cannot be trusted: ${tls}.`, {
      hint: code.startsWith('CERT_')
        ? "Check this computer's clock."
        : 'If a proxy of your company opens TLS, name its certificate with NODE_EXTRA_CA_CERTS=<file.pem>.',
      cause: error,
    });
  }
  const reason = REASONS[code];
  if (reason === undefined) return undefined;
  if (proxy !== undefined) {
    return new UserError('unreachable', `The proxy ${proxy} cannot be reached: ${reason}.`, {
      hint: `Check HTTPS_PROXY, or name in NO_PROXY what needs no proxy, such as ${host}.`,
      cause: error,
    });
  }
  const loopback = /^(127\.|localhost|\[::1\])/.test(host);
  return new UserError('unreachable', `${host} cannot be reached: ${reason}.`, {
    hint:
      loopback && reason === REFUSED
        ? 'If this is the embedded cloud, start it with: edge-upload local start'
        : 'Check the address, the network, and HTTPS_PROXY if you need a proxy.',
    cause: error,
  });
}
