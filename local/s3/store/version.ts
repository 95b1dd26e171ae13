import type { Checksum } from '../checksums/algorithms.ts';

/** What a client may say of an object besides its bytes; all of it is given back on reading. */
export interface Description {
  /** `content-type`, `cache-control` and the like, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** By name without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One version of one object, or a delete marker. */
export interface Version extends Description {
  readonly key: string;
  /** `null` (the word) for what was written while versioning was not enabled. */
  readonly versionId: string;
  /** Names its bytes while they have no better name. */
  readonly id: string;
  /** Where its bytes are, below the bucket's folder; empty for a delete marker. */
  readonly file: string;
  readonly deleteMarker: boolean;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** ISO 8601. */
  readonly modified: string;
  readonly checksum?: Checksum;
  /** Sizes of the parts of a multipart object, in order. */
  readonly parts?: readonly number[];
  /** The multipart upload that it was. */
  readonly uploadId?: string;
}

/** S3's order of keys: by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    // Surrogates stand for code points above all other UTF-16 units.
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? surrogatesLast(x) - surrogatesLast(y) : x - y;
  }
  return a.length - b.length;
}

function surrogatesLast(unit: number): number {
  return unit >= 0xe000 ? unit - 0x2000 : unit + 0x2000;
}
