import type { Authentication } from '../auth/sigv4.ts';
import type { EventSink } from '../events/service.ts';
import type { Conflicts, Throttle } from '../faults/throttling.ts';
import type { HttpRequest, HttpResponse } from '../wire/http.ts';
import type { XmlChildren } from '../wire/xml.ts';
import type { Bucket } from './store/bucket.ts';
import type { BucketStore } from './store/store.ts';
import { xmlDocument } from './xml.ts';

/** What every operation receives: the parsed, authenticated and authorized request. */
export interface OperationRequest {
  readonly request: HttpRequest;
  readonly query: ReadonlyMap<string, string>;
  readonly authentication: Authentication;
  readonly store: BucketStore;
  readonly bucketName: string;
  readonly key: string;
  readonly now: () => Date;
  /** Whether the caller is also allowed another action, on the bucket or one of its keys. */
  readonly allows: (action: string, key?: string) => boolean;
  /** Like `allows`, for another bucket such as that of a copy's source. */
  readonly allowsIn: (bucket: Bucket | undefined) => OperationRequest['allows'];
  /** Counts what a call does repeatedly. The call itself is already counted. */
  readonly throttle: Throttle;
  readonly conflicts: Conflicts;
  readonly events: EventSink;
  readonly requestId: string;
}

export interface BucketRequest extends OperationRequest {
  readonly bucket: Bucket;
}

export type OperationResponse = HttpResponse | Promise<HttpResponse>;

/** Returns a stored time as responses show it: in whole seconds, as in every example of the API's reference. */
export function shownTime(iso: string): string {
  return `${iso.slice(0, 19)}.000Z`;
}

export function xmlResponse(
  root: string,
  children: XmlChildren,
  headers: Record<string, string> = {},
): HttpResponse {
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'application/xml' },
    body: xmlDocument(root, children),
  };
}
