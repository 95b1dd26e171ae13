import { REGION } from '../account.ts';
import { AwsError } from '../wire/errors.ts';
import { invalidArgument } from './errors.ts';

const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3', '-an'];

/**
 * Checks the name of a bucket by https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 *
 * @throws AwsError `InvalidBucketName`
 */
export function checkBucketName(name: string): void {
  const wellFormed =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d{1,3}(\.\d{1,3}){3}$/.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
  if (wellFormed) return;
  throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: name });
}

/** Maximum bytes of a key: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/** @throws AwsError `KeyTooLongError` */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size <= MAX_KEY_BYTES) return;
  throw new AwsError('KeyTooLongError', 'Your key is too long', 400, {
    Size: String(size),
    MaxSizeAllowed: String(MAX_KEY_BYTES),
  });
}

/** Whether a text has the form of a version id. S3's ids are opaque, but it recognizes those that it never issued. */
export function isVersionId(id: string): boolean {
  return id === 'null' || /^[\w.-]{32}$/.test(id);
}

/**
 * Checks the form of a version id.
 *
 * @param name - query parameter or header that contains the id
 * @throws AwsError `InvalidArgument`
 */
export function checkVersionId(id: string | undefined, name: string): void {
  if (id === undefined || isVersionId(id)) return;
  const message = id === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified';
  throw invalidArgument(name, id, message);
}

/** Host names of S3 in this region: the current ones and the legacy one with a dash. */
const ENDPOINT = `s3(?:[.-]${REGION})?\\.amazonaws\\.com`;
const PATH_STYLE_HOST = new RegExp(`^${ENDPOINT}$`);
const VIRTUAL_HOST = new RegExp(`^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\\.${ENDPOINT}$`);

export interface ObjectLocation {
  readonly bucket: string;
  /** Percent-encoded, as in the URL. Never empty. */
  readonly key: string;
  readonly versionId?: string;
}

/** Returns the bucket of a virtual-host name, such as the `RegionalDomainName` of a bucket in a template. */
export function bucketOfHost(hostname: string): string | undefined {
  return VIRTUAL_HOST.exec(hostname)?.[1];
}

/**
 * Parses the https URL of an object, in virtual-hosted or path style.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 * @returns `undefined` for all other URLs
 */
export function parseObjectUrl(text: string): ObjectLocation | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, searchParams, hash } = new URL(text);
  if (protocol !== 'https:' || `${port}${username}${password}${hash}` !== '') return undefined;
  const versionId = searchParams.get('versionId') ?? undefined;
  if (searchParams.size !== (versionId === undefined ? 0 : 1)) return undefined;
  const virtual = bucketOfHost(hostname);
  const [, first = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(pathname) ?? [];
  const [bucket, key] = PATH_STYLE_HOST.test(hostname) ? [first, rest] : [virtual, pathname.slice(1)];
  if (!bucket || key === '') return undefined;
  return { bucket, key, ...(versionId !== undefined && { versionId }) };
}
