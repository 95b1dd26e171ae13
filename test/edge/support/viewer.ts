import { type EdgeHeaders, readEvent } from '../../../edge/request/viewer-request.ts';
import type { GeneratedResponse } from '../../../edge/response.ts';
import { viewerRequestEvent } from '../../../local/cloudfront/data-plane/function/viewer-event.ts';

export interface Sent {
  readonly method?: string;
  /** Path and query, as in the request line. */
  readonly target?: string;
  /** Lines `Name: value`. A PUT also gets a content length. */
  readonly headers?: readonly string[];
}

/** Returns CloudFront's event for a request. */
export function viewerEvent({ method = 'PUT', target = '/photo.jpg', headers = [] }: Sent) {
  const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(target) ?? [];
  const length =
    method === 'PUT' && !headers.some((line) => /^(content-length|transfer-encoding):/i.test(line));
  const lines = ['Host: d111111abcdef8.cloudfront.net', ...headers, ...(length ? ['Content-Length: 3'] : [])];
  const rawHeaders = lines.flatMap((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  return viewerRequestEvent(
    { method, path, query, rawHeaders, clientIp: '203.0.113.178' },
    { id: 'EDFDVBD6EXAMPLE', domainName: 'd111111abcdef8.cloudfront.net' },
    'request-1',
  );
}

export function viewerRequest(sent: Sent) {
  const viewer = readEvent(viewerEvent(sent));
  if (viewer === undefined) throw new Error('that is no viewer request');
  return viewer.request;
}

/** First value of each header. */
export function plainHeaders(headers: EdgeHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, entries]) => [name, entries[0]?.value ?? '']),
  );
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: { readonly error?: string; readonly message?: string } & Record<string, unknown>;
}

/** A parsed generated response. */
export function readResponse(value: unknown): Answer {
  const { status, headers, body } = value as GeneratedResponse;
  return { status: Number(status), headers: plainHeaders(headers), body: JSON.parse(body ?? '{}') };
}
