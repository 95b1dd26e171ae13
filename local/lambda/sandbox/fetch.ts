import type { Ask } from './network.ts';

const NULL_BODY = new Set([204, 205, 304]);

/** The function's global `fetch`, by way of the embedded cloud. Redirects are not followed: they are an error. */
export function createFetch(ask: Ask): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { protocol, hostname, host, pathname, search } = new URL(request.url);
    if (protocol !== 'https:' && protocol !== 'http:') throw failed(new Error(`unknown scheme ${protocol}`));
    const answer = ask({
      method: request.method,
      host: hostname,
      target: `${pathname}${search}`,
      headers: { ...Object.fromEntries(request.headers), host },
      body: Buffer.from(await request.arrayBuffer()),
    });
    const { status, headers, body } = await Promise.race([answer, aborted(request.signal)]).catch((error) => {
      throw request.signal.aborted ? error : failed(error);
    });
    const redirected = status >= 300 && status < 400 && headers.location !== undefined;
    if (redirected && request.redirect !== 'manual')
      throw failed(new Error(`unexpected redirect, status ${status}`));
    const response = new Response(NULL_BODY.has(status) ? null : new Uint8Array(body), {
      status,
      headers: { ...headers },
    });
    Object.defineProperty(response, 'url', { value: request.url });
    return response;
  };
}

function failed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
