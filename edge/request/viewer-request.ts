/** Headers of a CloudFront event by lower-case name. A header has one entry for each time it was sent. */
export type EdgeHeaders = Readonly<Record<string, readonly HeaderEntry[]>>;

interface HeaderEntry {
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
  /** Without the `?`. Empty without a query. */
  readonly querystring: string;
  readonly headers: EdgeHeaders;
}

export interface ViewerRequest {
  readonly request: EdgeRequest;
  /** CloudFront's id of the request, which the viewer receives as `x-amz-cf-id`. */
  readonly requestId?: string;
  /** The distribution's own domain name. */
  readonly domainName?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Thrown for an event that is not a viewer request. */
const NOT_A_REQUEST = new Error('not a viewer request');

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw NOT_A_REQUEST;
}

function readEntry(name: string, { key, value }: Fields): HeaderEntry {
  if (typeof value !== 'string') throw NOT_A_REQUEST;
  if (key === undefined) return { value };
  // A header filed under another name would be checked as one header and forwarded as another.
  if (typeof key !== 'string' || key.toLowerCase() !== name) throw NOT_A_REQUEST;
  return { key, value };
}

function readHeaders(headers: unknown): EdgeHeaders {
  if (typeof headers !== 'object' || headers === null) throw NOT_A_REQUEST;
  const read: Record<string, readonly HeaderEntry[]> = { ...headers };
  for (const [name, entries] of Object.entries(read)) {
    if (!Array.isArray(entries)) throw NOT_A_REQUEST;
    // Avoids a callback for the usual single entry: every request runs this loop.
    const [first] = entries;
    read[name] =
      entries.length === 1
        ? [readEntry(name, fieldsOf(first))]
        : Array.from(entries, (entry) => readEntry(name, fieldsOf(entry)));
  }
  return read;
}

/** Copies the known members only, so that no other member is forwarded. */
function readRequest(value: unknown): EdgeRequest {
  const { clientIp, method, uri, querystring, headers } = fieldsOf(value);
  const read = {
    method: textOf(method),
    uri: textOf(uri),
    querystring: textOf(querystring),
    headers: readHeaders(headers),
  };
  return clientIp === undefined ? read : { clientIp: textOf(clientIp), ...read };
}

/** Returns the request of a viewer-request event; `undefined` for anything else. */
export function readEvent(event: unknown): ViewerRequest | undefined {
  const { Records } = fieldsOf(event);
  const { config, request } = fieldsOf(fieldsOf(Array.isArray(Records) ? Records[0] : undefined).cf);
  const { eventType, requestId, distributionDomainName } = fieldsOf(config);
  // Other events interpret the function's result differently.
  if (eventType !== 'viewer-request') return undefined;
  try {
    return {
      request: readRequest(request),
      ...(typeof requestId === 'string' && { requestId }),
      ...(typeof distributionDomainName === 'string' && { domainName: distributionDomainName }),
    };
  } catch (error) {
    if (error === NOT_A_REQUEST) return undefined;
    throw error;
  }
}

/** Returns all values of a header, by its lower-case name. */
export function headerValues(headers: EdgeHeaders, name: string): readonly string[] {
  const entries = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return entries === undefined ? NONE : entries.map(({ value }) => value);
}

/** The result for an absent header, shared because most are absent. */
const NONE: readonly string[] = [];
