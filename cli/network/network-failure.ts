import { isLoopback } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import { isUserError, UserError } from '../errors.ts';
import { DESCRIPTORS } from '../settings/disk-errors.ts';
import { BETWEEN, CLOCK, NO_CONNECTION, UNTRUSTED, UNTRUSTED_HERE } from './failure-hints.ts';
import { chain, type Failure, findFailure, PROXY_STATUS, REFUSED, UNKNOWN_AUTHORITY } from './failures.ts';
import { ProxyRefusal } from './proxy.ts';

const isOnThisComputer = (host: string) => {
  const url = `https://${host}`;
  return URL.canParse(url) && isLoopback(new URL(url).hostname);
};

function proxyError({ reason, code, kind }: Failure, proxy: string, host: string, cause: unknown): UserError {
  if (cause instanceof ProxyRefusal) return refusedByProxy(cause, host);
  const nested = [...chain(cause)].find((one) => one instanceof ProxyRefusal);
  if (nested !== undefined) return refusedByProxy(nested, host);
  const certificate = kind === 'certificate';
  const unreachable = code === PROXY_STATUS ? `does not connect to ${host} now` : 'is unreachable';
  return new UserError(
    certificate ? 'tls' : 'unreachable',
    `The proxy ${proxy} ${certificate ? 'cannot be trusted' : unreachable}: ${reason}.`,
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

/**
 * Returns the error to print for a network failure; `undefined` for other errors. A `UserError` is returned
 * unchanged.
 */
export function networkFailure(error: unknown, host: string): UserError | undefined {
  if (isUserError(error)) return error;
  const failure = findFailure(error);
  if (failure === undefined) return undefined;
  const { kind, code, reason, proxy } = failure;
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new UserError('unreachable', `No connection to ${host}: ${reason}.`, {
      ...DESCRIPTORS,
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
    const untrusted = reason === UNKNOWN_AUTHORITY && isOnThisComputer(host) ? UNTRUSTED_HERE : UNTRUSTED;
    return new UserError('tls', `${host} cannot be trusted: ${reason}.`, {
      ...(/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code) ? { hint: CLOCK } : untrusted),
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
