import { omitUndefined } from '../../../../protocol/fields.ts';
import { isObject } from '../../../json.ts';
import type { Invocation } from '../../../lambda/messages.ts';
import { isHeaderName } from '../../../wire/http.ts';
import { isDisallowed, NOT_AT_VIEWER_REQUEST, READ_ONLY } from '../header-rules.ts';
import type { EdgeHeaders, EdgeRequest } from './viewer-event.ts';

/** Why a function's result is invalid, with the message and `x-cache` value that CloudFront sends to viewers. */
export class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure';
  readonly status: 502 | 503;
  /** Precedes ` from cloudfront` in `x-cache`. */
  readonly mark: 'LambdaValidationError' | 'LambdaExecutionError' | 'LambdaLimitExceeded';

  private constructor(status: 502 | 503, mark: FunctionFailure['mark'], message: string) {
    super(message);
    this.status = status;
    this.mark = mark;
  }

  static validation(message: string): FunctionFailure {
    return new FunctionFailure(502, 'LambdaValidationError', message);
  }

  static execution(): FunctionFailure {
    return new FunctionFailure(
      503,
      'LambdaExecutionError',
      "The Lambda function associated with the CloudFront distribution is invalid or doesn't have the required permissions.",
    );
  }

  static limit(): FunctionFailure {
    return new FunctionFailure(
      503,
      'LambdaLimitExceeded',
      'The Lambda function associated with the CloudFront distribution exceeded a limit.',
    );
  }
}

const invalidResult = (reason: string) =>
  FunctionFailure.validation(`The Lambda function result failed validation: ${reason}`);

/**
 * Validates a function's headers object: lower-case names with arrays of `{ key?, value }`, no disallowed names, and no
 * characters that are invalid in a header. Absent means no headers.
 */
function checkedHeaders(value: unknown): EdgeHeaders {
  if (value === undefined) return {};
  if (!isObject(value)) {
    throw invalidResult('The headers field must be an object.');
  }
  const headers: EdgeHeaders = {};
  // No valid name is `__proto__`: checkedEntries refuses names that HTTP does not have.
  for (const name of Object.keys(value)) headers[name] = checkedEntries(name, value[name]);
  return headers;
}

function checkedEntries(name: string, list: unknown): { key?: string; value: string }[] {
  if (!isHeaderName(name) || name !== name.toLowerCase()) {
    throw invalidEntry('Each header name must be a lower-case HTTP header name.');
  }
  if (isDisallowed(name)) throw invalidResult('The function tried to add a blacklisted header.');
  if (!Array.isArray(list)) throw invalidEntry('Each header entry in the headers object must be an array.');
  return list.map((entry) => checkedEntry(name, entry));
}

function checkedEntry(name: string, entry: unknown): { key?: string; value: string } {
  if (typeof entry !== 'object' || entry === null) {
    throw invalidEntry('Each entry of a header must be an object with a value.');
  }
  const { key, value } = entry as { key?: unknown; value?: unknown };
  if (typeof value !== 'string') throw invalidEntry('The value of each header must be a string.');
  if (/[^\P{Cc}\t]/u.test(value))
    throw invalidResult('The function returned an invalid character in a header value.');
  if (key === undefined || key === null) return { value };
  if (typeof key !== 'string' || key.toLowerCase() !== name) {
    throw invalidEntry('The key of each header must be its name.');
  }
  return { key, value };
}

const invalidEntry = (reason: string) =>
  FunctionFailure.validation(
    `The Lambda function returned an invalid entry in the headers object: ${reason}`,
  );

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
function generatedResponse(value: Record<string, unknown>): GeneratedResponse {
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

const MAX_URI_AND_QUERY = 8_192;

/** The validated result of a viewer-request function. */
export type ViewerDecision =
  | { readonly kind: 'forward'; readonly request: EdgeRequest }
  | { readonly kind: 'respond'; readonly response: GeneratedResponse };

/**
 * Validates a function's result as CloudFront does.
 * @throws FunctionFailure with the status and message that the viewer sees
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-testing-debugging.html
 */
export function viewerDecision(invocation: Invocation, original: EdgeRequest): ViewerDecision {
  if (invocation.outcome === 'failed') throw FunctionFailure.execution();
  if (invocation.outcome === 'timed-out') throw FunctionFailure.limit();
  const { value } = invocation;
  if (!isObject(value)) {
    throw FunctionFailure.validation(
      'The Lambda function returned invalid JSON: The JSON output must be an object type.',
    );
  }
  if ('status' in value) return { kind: 'respond', response: generatedResponse(value) };
  if ('uri' in value || 'method' in value) return { kind: 'forward', request: forwarded(value, original) };
  throw invalidResult('The result is neither a request nor a response with a status.');
}

function forwarded(value: Record<string, unknown>, original: EdgeRequest): EdgeRequest {
  const { uri, querystring, method, clientIp } = value;
  if (method !== original.method || clientIp !== original.clientIp) {
    throw invalidResult('The function tried to change a read-only field.');
  }
  if ('body' in value) throw invalidResult('The function returned a body that it was not given.');
  if (typeof uri !== 'string' || !uri.startsWith('/') || /[\s\p{Cc}?#]/u.test(uri)) {
    throw invalidResult(
      'The URI must begin with a slash and must not contain spaces, control characters, ? or #.',
    );
  }
  if (typeof querystring !== 'string' || /[\s\p{Cc}#]/u.test(querystring)) {
    throw invalidResult('The query string must not contain spaces, control characters or #.');
  }
  if (Buffer.byteLength(uri) + Buffer.byteLength(querystring) >= MAX_URI_AND_QUERY) {
    throw invalidResult(
      `The URI and query string together must be shorter than ${MAX_URI_AND_QUERY} characters.`,
    );
  }
  const headers = checkedHeaders(value.headers);
  checkReadOnly(headers, original.headers);
  return { ...original, uri, querystring, headers };
}

/** Rejects adding, changing or deleting a read-only header. */
function checkReadOnly(headers: EdgeHeaders, original: EdgeHeaders): void {
  const values = (map: EdgeHeaders, name: string) => (map[name] ?? []).map(({ value }) => value);
  for (const name of READ_ONLY) {
    if (JSON.stringify(values(headers, name)) !== JSON.stringify(values(original, name))) {
      throw invalidResult('The function tried to add, delete, or change a read-only header.');
    }
  }
  const country = (map: EdgeHeaders) => values(map, NOT_AT_VIEWER_REQUEST).join();
  if (country(headers) !== '' && country(headers) !== country(original)) {
    throw invalidResult('The function tried to add a blacklisted header.');
  }
}
