import { HttpResponse } from '@smithy/core/transport';
import type { HttpHandlerOptions, HttpRequest } from '@smithy/types';
import { type Dispatcher, request } from 'undici';
import { systemCode } from '../errors.ts';

type SdkBody = NonNullable<Dispatcher.RequestOptions['body']>;

function target({ protocol, hostname, port, path, query }: HttpRequest): { origin: string; path: string } {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const key = encodeURIComponent(name);
    if (value === null) return [key];
    return [value].flat().map((one) => `${key}=${encodeURIComponent(one)}`);
  });
  return {
    origin: `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
  };
}

/** What undici says of a connection that went away, which the SDK does not know by these names. */
const PASSING = new Set([
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * Has the SDK try again where a connection was lost, as it does for Node's own errors. The most common one is kept alive
 * longer by us than by the server, while something else keeps this process busy.
 */
async function marked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isPassing = PASSING.has(systemCode(error) ?? '');
    throw isPassing && error instanceof Error ? Object.assign(error, { $retryable: {} }) : error;
  }
}

/** An SDK request handler over our dispatcher, so that proxies and authorities are settled in one place for all traffic. */
export class SdkHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #dispatcher: Dispatcher;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
  }

  async handle(
    sdkRequest: HttpRequest,
    { abortSignal }: HttpHandlerOptions = {},
  ): Promise<{ response: HttpResponse }> {
    const { origin, path } = target(sdkRequest);
    const answer = await marked(
      request(origin + path, {
        dispatcher: this.#dispatcher,
        method: sdkRequest.method as Dispatcher.HttpMethod,
        headers: sdkRequest.headers,
        body: (sdkRequest.body as SdkBody | undefined) ?? null,
        ...(abortSignal instanceof AbortSignal ? { signal: abortSignal } : {}),
        headersTimeout: 60_000,
        bodyTimeout: 60_000,
      }),
    );
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    );
    return {
      response: new HttpResponse({
        statusCode: answer.statusCode,
        headers: Object.fromEntries(headers),
        body: answer.body,
      }),
    };
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {
    void this.#dispatcher.close();
  }
}
