import type { Checksum } from '../checksums/algorithms.ts';
import { noSuchKey, preconditionFailed } from '../errors.ts';

/** Metadata that a client sets on an object. Reads return all of it. */
export interface Description {
  /** `content-type`, `cache-control` and similar headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** By name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One version of one object, or a delete marker. */
export interface Version extends Description {
  readonly key: string;
  /** The string `null` for versions written while versioning was not enabled. */
  readonly versionId: string;
  /** Id of its bytes while they have no path. */
  readonly id: string;
  /** Path of its bytes in the bucket's folder. Empty for a delete marker. */
  readonly file: string;
  readonly deleteMarker: boolean;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** ISO 8601. */
  readonly modified: string;
  readonly checksum?: Checksum;
  /** Id of the multipart upload that created it. */
  readonly uploadId?: string;
}

/** Compares keys in S3's order, by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    // Surrogates encode code points above all other UTF-16 units.
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? surrogatesLast(x) - surrogatesLast(y) : x - y;
  }
  return a.length - b.length;
}

function surrogatesLast(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
export interface WriteCondition {
  /** Write only if no object exists. */
  readonly ifNoneMatch?: '*';
  /** Write only if the object has this ETag, without quotes. */
  readonly ifMatch?: string;
}

/** Returns the name of the condition's header; empty without a condition. */
export function conditionText({ ifNoneMatch, ifMatch }: WriteCondition): string {
  if (ifNoneMatch !== undefined) return 'If-None-Match';
  return ifMatch === undefined ? '' : 'If-Match';
}

/** @throws AwsError `PreconditionFailed`, or `NoSuchKey` if `If-Match` finds no object */
export function checkCondition(condition: WriteCondition, key: string, current: Version | undefined): void {
  if (condition.ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
  if (condition.ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(key);
  if (condition.ifMatch !== '*' && condition.ifMatch !== current.etag) throw preconditionFailed('If-Match');
}
