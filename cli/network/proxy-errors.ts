import type { UserErrorOptions } from '../errors.ts';

/** The proxy refused to connect. A retry gets the same answer. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  /** `host:port`, without user name and password. */
  readonly proxy: string;
  /** Returns what to change, for the host that was asked for. */
  readonly hintFor: (host: string) => UserErrorOptions;
  /** Nothing but other settings helps: a refused password is not sent again. */
  readonly isFinal: boolean;

  constructor(proxy: string, message: string, hintFor: (host: string) => UserErrorOptions, isFinal = false) {
    super(message);
    this.proxy = proxy;
    this.hintFor = hintFor;
    this.isFinal = isFinal;
  }
}

/** The connection to the proxy failed, or the proxy could not connect; `cause` says why. */
export class ProxyUnreachable extends Error {
  override readonly name = 'ProxyUnreachable';
  readonly proxy: string;

  constructor(proxy: string, cause: unknown) {
    super('no connection by the proxy', { cause });
    this.proxy = proxy;
  }
}
