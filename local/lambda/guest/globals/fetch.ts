import { arrayBufferOf, Buffer, toBuffer } from '../modules/buffer.ts';
import { sendRequest } from '../network.ts';
import { AbortController } from './abort.ts';
import { Headers } from './headers.ts';
import { URL, URLSearchParams } from './url.ts';

const NULL_BODY = new Set([204, 205, 304]);

interface Init {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
  readonly redirect?: string;
  readonly status?: number;
  readonly statusText?: string;
}

/** A request or response body that can be read once. Streams are not supported. */
class Body {
  readonly headers: Headers;
  readonly body = null;
  readonly #bytes: Buffer;
  #used = false;

  constructor(body: unknown, headers: Init['headers']) {
    this.headers = new Headers(headers);
    this.#bytes = bytesOf(body);
    const type = typeOf(body);
    if (type !== undefined && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return arrayBufferOf(this.#take());
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async text(): Promise<string> {
    return this.#take()
      .toString('utf8')
      .replace(/^\ufeff/, '');
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  protected copied(): Buffer {
    if (this.#used) throw new TypeError('Body has already been consumed.');
    return Buffer.from(this.#bytes);
  }

  #take(): Buffer {
    if (this.#used) throw new TypeError('Body is unusable: Body has already been read');
    this.#used = true;
    return this.#bytes;
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return toBuffer(body);
  return Buffer.from(String(body), 'utf8');
}

function typeOf(body: unknown): string | undefined {
  if (body instanceof URLSearchParams) return 'application/x-www-form-urlencoded;charset=UTF-8';
  return typeof body === 'string' ? 'text/plain;charset=UTF-8' : undefined;
}

export class Request extends Body {
  readonly method: string;
  readonly url: string;
  readonly redirect: string;
  readonly signal: AbortSignal;

  constructor(input: unknown, init: Init = {}) {
    const from = input instanceof Request ? input : undefined;
    super(init.body ?? from?.copied(), init.headers ?? from?.headers);
    this.method = (init.method ?? from?.method ?? 'GET').toUpperCase();
    this.url = from?.url ?? new URL(input as string).href;
    this.redirect = init.redirect ?? from?.redirect ?? 'follow';
    this.signal = init.signal ?? from?.signal ?? (new AbortController().signal as unknown as AbortSignal);
    const isBare = this.method === 'GET' || this.method === 'HEAD';
    if (isBare && init.body !== undefined && init.body !== null) {
      throw new TypeError('Request with GET/HEAD method cannot have body.');
    }
  }

  clone(): Request {
    return new Request(this);
  }
}

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly type = 'default';
  readonly redirected = false;
  readonly url: string = '';

  constructor(body?: unknown, { status = 200, statusText = '', headers }: Init = {}) {
    super(body, headers);
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new RangeError('Invalid status code');
    if (NULL_BODY.has(status) && body !== undefined && body !== null) {
      throw new TypeError('Response with null body status cannot have body');
    }
    this.status = status;
    this.statusText = statusText;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  clone(): Response {
    const { status, statusText, headers } = this;
    return new Response(NULL_BODY.has(status) ? null : this.copied(), { status, statusText, headers });
  }

  static json(value: unknown, init: Init = {}): Response {
    const headers = new Headers(init.headers);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    return new Response(JSON.stringify(value), { ...init, headers });
  }
}

/** The function's global `fetch`, which sends through the embedded cloud. A redirect is an error. */
export async function fetch(input: unknown, init?: Init): Promise<Response> {
  const request = new Request(input, init);
  const { protocol, origin, host, pathname, search, username, password } = new URL(request.url);
  if (protocol !== 'https:' && protocol !== 'http:') throw failed(new Error(`unknown scheme ${protocol}`));
  if (username !== '' || password !== '') {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${request.url}`);
  }
  const { signal } = request;
  signal.throwIfAborted();
  const answer = sendRequest({
    method: request.method,
    origin,
    target: `${pathname}${search}`,
    headers: { ...Object.fromEntries(request.headers), host },
    body: Buffer.from(await request.arrayBuffer()),
  });
  const { status, headers, body } = await Promise.race([answer, aborted(signal)]).catch((error) => {
    throw signal.aborted ? error : failed(error);
  });
  const isRedirect = status >= 300 && status < 400 && headers.location !== undefined;
  if (isRedirect && request.redirect !== 'manual') {
    throw failed(new Error(`unexpected redirect, status ${status}`));
  }
  const response = new Response(NULL_BODY.has(status) ? null : body, { status, headers });
  Object.defineProperty(response, 'url', { value: request.url });
  return response;
}

function failed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
