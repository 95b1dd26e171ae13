import { decodeWire, isDisallowed } from '../header-rules.ts';

/** `{ "lower-case-name": [{ key: "As-Sent", value: "…" }, …] }` */
export type EdgeHeaders = Record<string, { key?: string; value: string }[]>;

export interface EdgeRequest {
  readonly clientIp: string;
  readonly headers: EdgeHeaders;
  readonly method: string;
  /** Without the `?`; empty when there is none. */
  readonly querystring: string;
  /** Percent-encoded as the viewer sent it. */
  readonly uri: string;
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html#lambda-event-structure-request */
export interface ViewerRequestEvent {
  readonly Records: readonly [
    {
      readonly cf: {
        readonly config: {
          readonly distributionDomainName: string;
          readonly distributionId: string;
          readonly eventType: 'viewer-request';
          readonly requestId: string;
        };
        readonly request: EdgeRequest;
      };
    },
  ];
}

export interface ViewerRequest {
  readonly method: string;
  /** As sent in the request line. */
  readonly path: string;
  readonly query: string;
  /** Alternating names and values as received (Node's `rawHeaders`). */
  readonly rawHeaders: readonly string[];
  readonly clientIp: string;
}

export function viewerRequestEvent(
  viewer: ViewerRequest,
  distribution: { readonly id: string; readonly domainName: string },
  requestId: string,
): ViewerRequestEvent {
  const config = {
    distributionDomainName: distribution.domainName,
    distributionId: distribution.id,
    eventType: 'viewer-request' as const,
    requestId,
  };
  const request = {
    clientIp: viewer.clientIp,
    headers: edgeHeaders(viewer.rawHeaders),
    method: viewer.method,
    querystring: decodeWire(viewer.query),
    uri: decodeWire(viewer.path),
  };
  return { Records: [{ cf: { config, request } }] };
}

/** Builds the headers that a function sees: repeated headers are separate entries; disallowed headers are omitted. */
function edgeHeaders(rawHeaders: readonly string[]): EdgeHeaders {
  const headers: EdgeHeaders = {};
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const key = rawHeaders[index] ?? '';
    const name = key.toLowerCase();
    if (isDisallowed(name)) continue;
    const entry = { key, value: decodeWire(rawHeaders[index + 1] ?? '') };
    // A header can be named `__proto__` or `constructor`, so only own properties count.
    const entries = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (entries !== undefined) entries.push(entry);
    else if (name !== '__proto__') headers[name] = [entry];
    else {
      Object.defineProperty(headers, name, {
        value: [entry],
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
  }
  return headers;
}
