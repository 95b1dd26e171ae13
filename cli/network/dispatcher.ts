import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { omitUndefined } from '../../protocol/fields.ts';
import { isLoopback } from '../../protocol/object-url.ts';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, systemCode, UserError } from '../errors.ts';
import type { SentCredentials } from '../sent-credentials.ts';
import type { LocalCloud } from '../settings/deployments.ts';
import { networkFailure, withExtraAuthorities } from './network-failure.ts';
import { type ProxyServer, proxyFor } from './proxy.ts';
import { openTunnel, type Tunnel } from './tunnel.ts';

export interface DispatcherOptions {
  readonly env: Context['env'];
  /** Notes the credentials in the headers of each request. */
  readonly sent: SentCredentials;
  /** Embedded cloud to reach: only its authority is trusted, and no proxy is used. */
  readonly local?: Pick<LocalCloud, 'caFile'> | undefined;
  /** Authorities in PEM that replace those of Node. */
  readonly ca?: string | readonly string[] | undefined;
  /** Maximum number of connections to one host; unlimited when absent. */
  readonly connections?: number;
}

const CONNECT_MS = 10_000;

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

function authorities(ca: DispatcherOptions['ca']): string | string[] | undefined {
  return typeof ca === 'object' ? [...ca] : ca;
}

/** Adds the brackets to IPv6 addresses, which undici omits. */
function bracketed(hostname: string): string {
  return hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
}

/** Refuses plain http to other computers. All clients that send credentials use this check. */
function requireEncryption({ protocol, hostname }: buildConnector.Options): void {
  if (protocol === 'https:' || isLoopback(bracketed(hostname))) return;
  throw new UserError('settings', `Refused to send credentials unencrypted to http://${hostname}.`, {
    hint: 'Use an https address; plain http is allowed only on this computer. Check AWS_ENDPOINT_URL, EDGE_UPLOAD_URL, and endpoint_url in the AWS configuration.',
  });
}

/** A signature of AWS, which is valid for its request alone. */
const REQUEST_SIGNATURE = /^AWS4-/;

/** Notes the credentials in the headers of a request. */
function noteHeaders(headers: Dispatcher.DispatchOptions['headers'], sent: SentCredentials): void {
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers) return;
  const { authorization, 'x-amz-security-token': session } = headers;
  if (typeof session === 'string') sent.note(session);
  if (typeof authorization === 'string' && !REQUEST_SIGNATURE.test(authorization)) {
    sent.noteAuthorization(authorization);
  }
}

/** An `Agent` that notes credentials, and also cancels its requests to proxies when it is destroyed. */
class RoutedAgent extends Agent {
  readonly #tunnels: ReadonlyMap<string, Tunnel>;
  readonly #sent: SentCredentials;

  constructor(options: Agent.Options, tunnels: ReadonlyMap<string, Tunnel>, sent: SentCredentials) {
    super(options);
    this.#tunnels = tunnels;
    this.#sent = sent;
  }

  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    noteHeaders(options.headers, this.#sent);
    return super.dispatch(options, handler);
  }

  override destroy(): Promise<void>;
  override destroy(error: Error | null): Promise<void>;
  override destroy(callback: () => void): void;
  override destroy(error: Error | null, callback: () => void): void;
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | undefined {
    for (const tunnel of this.#tunnels.values()) tunnel.destroy();
    const callback = typeof first === 'function' ? first : second;
    const error = typeof first === 'function' ? null : (first ?? null);
    if (callback === undefined) return super.destroy(error);
    super.destroy(error, callback);
    return undefined;
  }
}

/**
 * Opens the dispatcher of all network traffic: a proxy by `HTTPS_PROXY` and `NO_PROXY`, TLS 1.2 or later, HTTP/1.1;
 * plain http only to this computer. Redirects are not followed. `NODE_EXTRA_CA_CERTS` is read by Node itself. The caller
 * closes it. An invalid proxy address is a `settings` error of the first request that needs it.
 */
export function openDispatcher({ env, sent, local, ca, connections }: DispatcherOptions): Dispatcher {
  // One context for all connections: reading authorities takes longer than a handshake.
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...omitUndefined({ ca: local ? authority(local) : authorities(ca) }),
  });
  // NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens to anybody.
  const direct = buildConnector({ secureContext, timeout: CONNECT_MS, rejectUnauthorized: true });
  const tunnels = new Map<string, Tunnel>();

  const route = (options: buildConnector.Options): ProxyServer | undefined => {
    const { protocol, hostname, port } = options;
    requireEncryption(options);
    if (protocol !== 'https:' || local !== undefined) return undefined;
    return proxyFor(env, { hostname, port: Number(port || 443) });
  };

  const tunnelled = async (proxy: ProxyServer, options: buildConnector.Options) => {
    let tunnel = tunnels.get(proxy.origin);
    if (tunnel === undefined) {
      tunnel = openTunnel(proxy, direct, env, sent);
      tunnels.set(proxy.origin, tunnel);
    }
    return tunnel.open(`${bracketed(options.hostname)}:${options.port || 443}`);
  };

  const extraFile = local === undefined && ca === undefined ? env.NODE_EXTRA_CA_CERTS : undefined;

  const connect: buildConnector.connector = (options, answer) => {
    const callback: buildConnector.Callback = (...[error, socket]) => {
      if (error === null) {
        // After an alert, such as for a missing client certificate in TLS 1.3, Node leaves the socket open, and undici would
        // report only that it was closed.
        socket.once('error', (failure) => socket.destroy(failure));
        return answer(null, socket);
      }
      const { hostname, port } = options;
      const host = port && port !== '443' ? `${bracketed(hostname)}:${port}` : bracketed(hostname);
      const extra = extraFile && { file: extraFile, read: () => readCertificates(extraFile) };
      answer(extra ? withExtraAuthorities(error, host, extra) : error, null);
    };
    const fail = (error: unknown) =>
      callback(error instanceof Error ? error : new Error(String(error)), null);
    let proxy: ProxyServer | undefined;
    try {
      proxy = route(options);
    } catch (error) {
      return fail(error);
    }
    if (proxy === undefined) return direct(options, callback);
    tunnelled(proxy, options).then((httpSocket) => direct({ ...options, httpSocket }, callback), fail);
  };

  return new RoutedAgent({ connect, ...omitUndefined({ connections }) }, tunnels, sent);
}

/** Runs work with its own connections, and closes them. */
export async function withDispatcher<T>(
  options: DispatcherOptions,
  work: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  const dispatcher = openDispatcher(options);
  try {
    return await work(dispatcher);
  } finally {
    await dispatcher.destroy();
  }
}

/**
 * Runs work that sends requests to one host.
 * @throws {UserError} for a failure of the network; `interrupted`
 */
export async function askHost<T>(
  { env, sent, signal }: Pick<Context, 'env' | 'sent' | 'signal'>,
  { host, local }: Pick<DispatcherOptions, 'local'> & { readonly host: string },
  work: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  try {
    return await withDispatcher({ env, sent, local }, work);
  } catch (error) {
    throw signal.aborted ? interrupted() : (networkFailure(error, host) ?? error);
  }
}
