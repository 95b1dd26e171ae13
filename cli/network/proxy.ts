import { omitUndefined } from '../../protocol/fields.ts';
import type { Context } from '../context.ts';
import { UserError, type UserErrorOptions } from '../errors.ts';
import { type Destination, isExempt } from './no-proxy.ts';

/** Proxy from the environment. */
export interface ProxyServer {
  /** `http://host[:port]` or `https://host[:port]`, without user name and password. */
  readonly origin: string;
  /** `host:port`, for messages. */
  readonly name: string;
  /** The variable that names it. */
  readonly variable: string;
  /** Value of `Proxy-Authorization`; absent: the environment gives no user name. Never shown. */
  readonly authorization?: string;
}

/** Reads a variable in lower case, then in upper case; an empty value counts as unset. curl does the same. */
function read(env: Context['env'], name: string): string | undefined {
  return env[name.toLowerCase()]?.trim() || env[name]?.trim() || undefined;
}

/** Decodes percent-encoding and leaves every other `%` unchanged, as curl does. */
function decodePercent(text: string): Buffer {
  const bytes = Buffer.from(text).toString('latin1');
  const decoded = bytes.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(decoded, 'latin1');
}

function credentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const pair = Buffer.concat([decodePercent(username), Buffer.from(':'), decodePercent(password)]);
  return `Basic ${pair.toString('base64')}`;
}

function parse(variable: string, typed: string): ProxyServer {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `http://${typed}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol.startsWith('socks')) {
    throw new UserError('settings', `${variable} names a SOCKS proxy, which edge-upload does not support.`, {
      hint: 'Use an http or https proxy, or add hosts that need no proxy to NO_PROXY.',
    });
  }
  // An unencoded /, ? or # in a password ends the address early. The rest follows it, with the name of the proxy.
  const isCut = url !== undefined && `${url.pathname}${url.search}${url.hash}`.includes('@');
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '' || isCut) {
    throw new UserError('settings', `${variable} in the environment is not the address of an http proxy.`, {
      hint: 'Write it as http://host:port, or unset it. In a password, write / as %2F, # as %23, ? as %3F.',
    });
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const authorization = credentials(url);
  return {
    origin: url.origin,
    name: `${url.hostname}:${port}`,
    variable,
    ...omitUndefined({ authorization }),
  };
}

/**
 * Returns the proxy for an https connection from `HTTPS_PROXY` or `ALL_PROXY`, unless `NO_PROXY` excludes the host.
 * Plain http connects only to this computer, without a proxy.
 * @throws {UserError} `settings` for an invalid address; the value is not shown, because it can contain a
 * password.
 */
export function proxyFor(env: Context['env'], destination: Destination): ProxyServer | undefined {
  const variable = ['HTTPS_PROXY', 'ALL_PROXY'].find((name) => read(env, name) !== undefined);
  if (variable === undefined || isExempt(read(env, 'NO_PROXY') ?? '', destination)) return undefined;
  return parse(variable, read(env, variable) ?? '');
}

/** The proxy refused to connect. A retry gets the same response. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  /** `host:port`, without user name and password. */
  readonly proxy: string;
  /** Returns what to change to reach the requested host. */
  readonly hintFor: (host: string) => UserErrorOptions;
  /** Only other settings help: a refused password is not sent again. */
  readonly isFinal: boolean;

  constructor(proxy: string, message: string, hintFor: (host: string) => UserErrorOptions, isFinal = false) {
    super(message);
    this.proxy = proxy;
    this.hintFor = hintFor;
    this.isFinal = isFinal;
  }
}

/** The connection to the proxy failed, with the reason in `cause`. Or the proxy could not connect, and returned a status. */
export class ProxyUnreachable extends Error {
  override readonly name = 'ProxyUnreachable';
  readonly proxy: string;
  readonly status: number | undefined;

  constructor(proxy: string, { cause, status }: { readonly cause?: unknown; readonly status?: number }) {
    super('no connection through the proxy', { cause });
    this.proxy = proxy;
    this.status = status;
  }
}
