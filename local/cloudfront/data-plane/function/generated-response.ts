import { omitUndefined } from '../../../../protocol/omit-undefined.ts';
import { NOT_AT_VIEWER_REQUEST, READ_ONLY } from '../header-rules.ts';
import { invalidResult } from './function-failure.ts';
import { checkedHeaders } from './function-headers.ts';
import type { EdgeHeaders } from './viewer-event.ts';

/** A response that a function generated instead of the origin. */
export interface GeneratedResponse {
  readonly status: number;
  readonly reason?: string;
  readonly headers: EdgeHeaders;
  readonly body: Buffer;
}

/** 40 KB for viewer events, headers and body together. */
const MAX_SIZE = 40 * 1024;

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses-in-requests.html */
export function generatedResponse(value: Record<string, unknown>): GeneratedResponse {
  const { status, statusDescription } = value;
  if (typeof status !== 'string' || !/^[2-5]\d\d$/.test(status)) {
    throw invalidResult('The status must be a string from "200" to "599".');
  }
  if (
    statusDescription !== undefined &&
    (typeof statusDescription !== 'string' || /[^\x20-\x7e\t]/.test(statusDescription))
  ) {
    throw invalidResult('The status description must be a string that a status line can carry.');
  }
  const headers = checkedHeaders(value.headers);
  if (READ_ONLY.some((name) => Object.hasOwn(headers, name))) {
    throw invalidResult('The function tried to add, delete, or change a read-only header.');
  }
  if (Object.hasOwn(headers, NOT_AT_VIEWER_REQUEST)) {
    throw invalidResult('The function tried to add a blacklisted header.');
  }
  const text = value.body ?? '';
  if (typeof text !== 'string' || headerSize(headers) + Buffer.byteLength(text) > MAX_SIZE) {
    throw invalidResult('The body is not a string, is not an object, or exceeds the maximum size.');
  }
  if (status === '204' && text !== '')
    throw invalidResult('A response with status 204 must not have a body.');
  return {
    status: Number(status),
    ...omitUndefined({ reason: statusDescription }),
    headers,
    body: decodedBody(text, value.bodyEncoding),
  };
}

function decodedBody(text: string, encoding: unknown): Buffer {
  if (encoding === undefined || encoding === 'text') return Buffer.from(text, 'utf8');
  if (encoding !== 'base64') throw invalidResult('The body encoding must be "text" or "base64".');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw invalidResult('The body is not valid base64.');
  }
  return Buffer.from(text, 'base64');
}

/** Bytes on the wire: `name: value` and CRLF for each header. */
function headerSize(headers: EdgeHeaders): number {
  let size = 0;
  for (const [name, entries] of Object.entries(headers)) {
    for (const { value } of entries) size += name.length + Buffer.byteLength(value) + 4;
  }
  return size;
}
