/** As CloudFront shows headers: lower-case names, an entry for each time a header was sent. */
export type EdgeHeaders = Readonly<Record<string, readonly HeaderEntry[]>>;

export interface HeaderEntry {
  /** The name as sent. */
  readonly key?: string;
  readonly value: string;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html#lambda-event-structure-request */
export interface EdgeRequest {
  readonly clientIp?: string;
  readonly method: string;
  /** The path, percent-encoded as sent. */
  readonly uri: string;
  /** Without the `?`; empty where there is none. */
  readonly querystring: string;
  readonly headers: EdgeHeaders;
}

export interface ViewerRequest {
  readonly request: EdgeRequest;
  /** CloudFront's name for the request, which its viewer gets as `x-amz-cf-id`. */
  readonly requestId?: string;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function isEntry(value: unknown): value is HeaderEntry {
  return typeof fieldsOf(value).value === 'string';
}

function isHeaders(value: unknown): value is EdgeHeaders {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((entries) => Array.isArray(entries) && entries.every(isEntry));
}

function isRequest(value: unknown): value is EdgeRequest {
  const { method, uri, querystring, headers } = fieldsOf(value);
  return (
    typeof method === 'string' &&
    typeof uri === 'string' &&
    typeof querystring === 'string' &&
    isHeaders(headers)
  );
}

/** The request of a viewer-request event; `undefined` for anything that is not exactly such an event. */
export function readEvent(event: unknown): ViewerRequest | undefined {
  const { Records } = fieldsOf(event);
  const { config, request } = fieldsOf(fieldsOf(Array.isArray(Records) ? Records[0] : undefined).cf);
  const { eventType, requestId } = fieldsOf(config);
  // At any other event the answer of this function would mean something else.
  if (eventType !== 'viewer-request' || !isRequest(request)) return undefined;
  return typeof requestId === 'string' ? { request, requestId } : { request };
}

/** All values that were sent of one header, by its lower-case name. */
export function headerValues(headers: EdgeHeaders, name: string): readonly string[] {
  const entries = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return (entries ?? []).map(({ value }) => value);
}
