import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { refused } from '../bridge.ts';
import { URL } from '../globals/url.ts';
import { type NetworkResponse, sendRequest } from '../network.ts';
import { Buffer } from './buffer.ts';

type Listener = (response: IncomingMessage) => void;

type StatusCodes = Readonly<Record<string, string>>;

interface Options {
  readonly protocol?: string;
  readonly hostname?: string;
  readonly host?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly timeout?: number;
}

/** Creates the module for `require('https')` or `require('http')`: a client that sends through the embedded cloud. */
export function httpModule(protocol: 'http:' | 'https:', statusCodes: StatusCodes): object {
  const request = (...args: unknown[]) => new ClientRequest(protocol, args, statusCodes);
  const get = (...args: unknown[]) => request(...args).end();
  const name = protocol.slice(0, -1);
  return {
    request,
    get,
    Agent,
    globalAgent: new Agent(),
    STATUS_CODES: { ...statusCodes },
    IncomingMessage,
    ClientRequest: refused(`${name}.ClientRequest`),
    METHODS: ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'],
    createServer: refused(`${name}.createServer`),
    Server: refused(`${name}.Server`),
  };
}

/** Keeps its options only; the embedded cloud manages connections. */
class Agent extends EventEmitter {
  readonly options: object;

  constructor(options: object = {}) {
    super();
    this.options = { ...options };
  }

  destroy(): void {}
}

class IncomingMessage extends Readable {
  readonly httpVersion = '1.1';
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Record<string, string>;
  readonly complete = true;
  readonly #body: Buffer;

  constructor({ status, headers, body }: NetworkResponse, statusMessage: string) {
    super();
    this.statusCode = status;
    this.statusMessage = statusMessage;
    this.headers = { ...headers };
    this.#body = body;
  }

  override _read(): void {
    this.push(this.#body);
    this.push(null);
  }
}

/** The part of Node's `ClientRequest` that request libraries use. */
class ClientRequest extends Writable {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly protocol: string;
  /** Placeholder for the socket: the guest has no connection. */
  readonly socket = new EventEmitter();
  readonly #statusCodes: StatusCodes;
  readonly #origin: string;
  readonly #headers: Record<string, string> = {};
  readonly #chunks: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(protocol: string, args: readonly unknown[], statusCodes: StatusCodes) {
    // The request is open until its response arrives, not only until it is sent.
    super({ autoDestroy: false });
    const { options, listener } = readArguments(args);
    this.#statusCodes = statusCodes;
    this.protocol = options.protocol ?? protocol;
    if (this.protocol !== protocol)
      throw new TypeError(`Protocol "${this.protocol}" not supported. Expected "${protocol}"`);
    this.host = options.hostname ?? options.host?.replace(/:\d+$/, '') ?? 'localhost';
    this.method = (options.method ?? 'GET').toUpperCase();
    this.path = options.path ?? '/';
    const port = options.port === undefined || options.port === '' ? '' : `:${options.port}`;
    this.setHeader('host', `${this.host}${port}`);
    const host = this.host.includes(':') ? `[${this.host.replace(/[[\]]/g, '')}]` : this.host;
    this.#origin = new URL(`${protocol}//${host}${port}`).origin;
    for (const [name, value] of Object.entries(options.headers ?? {})) this.setHeader(name, value);
    if (listener) this.once('response', listener);
    if (options.timeout) this.setTimeout(options.timeout);
  }

  setHeader(name: string, value: unknown): this {
    this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value);
    return this;
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name.toLowerCase()];
  }

  removeHeader(name: string): void {
    delete this.#headers[name.toLowerCase()];
  }

  /** Emits `timeout`, as Node does; the caller decides whether to abort. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    if (listener) this.once('timeout', listener);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.emit('timeout'), milliseconds);
    return this;
  }

  setNoDelay(): void {}
  setSocketKeepAlive(): void {}
  flushHeaders(): void {}

  abort(): void {
    this.destroy();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    done();
    const body = Buffer.concat(this.#chunks);
    if (body.length > 0) this.#headers['content-length'] ??= String(body.length);
    const { method, path: target } = this;
    sendRequest({ method, origin: this.#origin, target, headers: this.#headers, body }).then(
      (answer) => this.#answered(answer),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    done(error);
  }

  #answered(answer: NetworkResponse): void {
    clearTimeout(this.#timer);
    if (this.destroyed) return;
    const response = new IncomingMessage(answer, this.#statusCodes[answer.status] ?? '');
    response.once('close', () => this.destroy());
    // Responses without a listener are dropped, as in Node.
    if (!this.emit('response', response)) response.resume();
  }
}

function readArguments(args: readonly unknown[]): { options: Options; listener: Listener | undefined } {
  const rest = [...args];
  const first = rest[0];
  const url = typeof first === 'string' ? new URL(first) : first instanceof URL ? first : undefined;
  if (url) rest.shift();
  const options = typeof rest[0] === 'object' && rest[0] !== null ? (rest.shift() as Options) : {};
  const listener = typeof rest[0] === 'function' ? (rest[0] as Listener) : undefined;
  if (!url) return { options, listener };
  const { protocol, hostname, port, pathname, search } = url;
  return { options: { protocol, hostname, port, path: `${pathname}${search}`, ...options }, listener };
}
