import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import type { MiddlewareStack } from '@smithy/types';
import { omitUndefined } from '../../../protocol/fields.ts';
import { onAws, pages } from '../aws-calls.ts';
import { unexpectedAwsResponse } from '../aws-failures.ts';
import type { StackWork } from '../find-stack.ts';
import { childOf, childrenOf, plainText } from './list-xml.ts';

export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly etag: string;
}

export interface ListedVersion {
  readonly key: string;
  readonly versionId: string;
  readonly bytes: number;
}

interface ListPage<Entry, Next> {
  readonly entries: readonly Entry[];
  /** Start of the next page; absent on the last one. */
  readonly next?: Next | undefined;
}

interface ListResponse {
  readonly statusCode: number;
  body: Readable | Uint8Array;
}

/** Whether a list may be in it. */
function isAnswered(response: unknown): response is ListResponse & { readonly body: Readable } {
  return (response as Partial<ListResponse> | undefined)?.statusCode === 200;
}

/**
 * Sends a request for a list and returns S3's XML, or an empty text if the response is not a list. The SDK's own XML parser
 * would take most of the time of a long list. The SDK signs, retries, and reads all other responses.
 */
async function askList<Input extends object, Output extends object>(
  { middlewareStack }: { readonly middlewareStack: MiddlewareStack<Input, Output> },
  send: () => Promise<unknown>,
): Promise<string> {
  let xml = '';
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (isAnswered(response)) {
        const body = await readText(response.body);
        xml = childOf(body, 'IsTruncated') === undefined ? '' : body;
        (response as ListResponse).body = Buffer.from(xml === '' ? body : '');
      }
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  await send();
  return xml;
}

/** Lists objects in S3's order of keys, in pages of 1,000. The next page is requested while one is used. */
export async function* listObjectPages(
  work: StackWork,
  bucket: string,
  prefix = '',
): AsyncGenerator<readonly ListedObject[]> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const { s3 } = work.clients;
  const doing = `Listing the bucket ${bucket}`;
  const ask = async (token?: string): Promise<ListPage<ListedObject, string>> => {
    const more = omitUndefined({ ContinuationToken: token });
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      EncodingType: 'url',
      ...more,
    });
    const xml = await askList(command, () => s3.send(command));
    const decode = keyDecoder(xml, doing);
    const entries = childrenOf(xml, 'Contents').map((entry) => {
      const key = decode(childOf(entry, 'Key'));
      const bytes = sizeOf(entry);
      const modified = new Date(childOf(entry, 'LastModified') ?? '');
      if (!key || bytes === undefined || Number.isNaN(modified.getTime()))
        throw unexpectedAwsResponse('S3', doing, 'an object without a key, size or time');
      return { key, bytes, modified, etag: plainText(childOf(entry, 'ETag') ?? '').replaceAll('"', '') };
    });
    const next = childOf(xml, 'NextContinuationToken');
    return { entries, next: isTruncated(xml, next, doing) ? plainText(next ?? '') : undefined };
  };
  yield* entryPages(work, doing, ask);
}

/** Lists objects one by one. */
export async function* listObjects(
  work: StackWork,
  bucket: string,
  prefix = '',
): AsyncGenerator<ListedObject> {
  for await (const page of listObjectPages(work, bucket, prefix)) yield* page;
}

interface VersionMarker {
  readonly KeyMarker: string;
  readonly VersionIdMarker?: string;
}

/** Lists all versions and delete markers, in pages of 1,000 at most. The next page is requested while one is used. */
export async function* listVersionPages(
  work: StackWork,
  bucket: string,
): AsyncGenerator<readonly ListedVersion[]> {
  const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
  const { s3 } = work.clients;
  const doing = `Listing the bucket ${bucket}`;
  const ask = async (from?: VersionMarker): Promise<ListPage<ListedVersion, VersionMarker>> => {
    const command = new ListObjectVersionsCommand({ Bucket: bucket, EncodingType: 'url', ...from });
    const xml = await askList(command, () => s3.send(command));
    const decode = keyDecoder(xml, doing);
    const read = (entry: string, bytes: number | undefined): ListedVersion => {
      const key = decode(childOf(entry, 'Key'));
      if (!key || bytes === undefined)
        throw unexpectedAwsResponse('S3', doing, 'a version without a key or size');
      return { key, versionId: plainText(childOf(entry, 'VersionId') ?? 'null'), bytes };
    };
    const entries = [
      ...childrenOf(xml, 'Version').map((entry) => read(entry, sizeOf(entry))),
      ...childrenOf(xml, 'DeleteMarker').map((entry) => read(entry, 0)),
    ];
    const key = childOf(xml, 'NextKeyMarker');
    const version = childOf(xml, 'NextVersionIdMarker');
    if (!isTruncated(xml, key, doing)) return { entries };
    const next = {
      KeyMarker: decode(key) ?? '',
      ...omitUndefined({ VersionIdMarker: version && plainText(version) }),
    };
    return { entries, next };
  };
  yield* entryPages(work, doing, ask);
}

export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
}

/** Returns the first 1,000 unfinished multipart uploads of a bucket, in S3's order of keys. */
export async function listUnfinishedUploads(
  work: StackWork,
  bucket: string,
): Promise<readonly UnfinishedUpload[]> {
  const { ListMultipartUploadsCommand } = await import('@aws-sdk/client-s3');
  const doing = `Listing the unfinished uploads of ${bucket}`;
  const command = new ListMultipartUploadsCommand({ Bucket: bucket, EncodingType: 'url' });
  const xml = await onAws(doing, () => askList(command, () => work.clients.s3.send(command)));
  if (xml === '') throw unexpectedAwsResponse('S3', doing, 'no list');
  const decode = keyDecoder(xml, doing);
  return childrenOf(xml, 'Upload').map((entry) => {
    const key = decode(childOf(entry, 'Key'));
    const uploadId = childOf(entry, 'UploadId');
    if (!key || !uploadId) throw unexpectedAwsResponse('S3', doing, 'an upload without a key or id');
    return { key, uploadId: plainText(uploadId) };
  });
}

/** Yields the entries of each page. The next page is requested while one is used. */
async function* entryPages<Entry, Next>(
  { context: { signal } }: StackWork,
  doing: string,
  ask: (from?: Next) => Promise<ListPage<Entry, Next>>,
): AsyncGenerator<readonly Entry[]> {
  const listed = pages({ doing, signal, ask, next: ({ next }: ListPage<Entry, Next>) => next });
  for await (const { entries } of oneAhead(listed)) yield entries;
}

/** Returns whether more pages follow. Refuses a response that is not a list, such as the page of a proxy. */
function isTruncated(xml: string, next: string | undefined, doing: string): boolean {
  const truncated = childOf(xml, 'IsTruncated')?.trim();
  if (truncated === undefined) throw unexpectedAwsResponse('S3', doing, 'no list');
  if (truncated !== 'true') return false;
  if (!next) throw unexpectedAwsResponse('S3', doing, 'a list that ends in the middle');
  return true;
}

/**
 * Returns how to read keys. S3 percent-encodes them on request, because XML cannot contain every key, and
 * marks the response. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
function keyDecoder(xml: string, doing: string): (text: string | undefined) => string | undefined {
  if (childOf(xml, 'EncodingType') !== 'url') return (text) => text && plainText(text);
  return (text) => {
    if (text === undefined || !/[%+]/.test(text)) return text;
    try {
      return decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
      throw unexpectedAwsResponse('S3', doing, 'a key that is not valid Unicode');
    }
  };
}

function sizeOf(entry: string): number | undefined {
  const text = childOf(entry, 'Size')?.trim() ?? '';
  const size = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(size) ? size : undefined;
}

/** Passes items through, and requests the next one while one is used. */
async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = items.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = items.next();
      // Thrown when its turn comes.
      next.catch(() => {});
      yield value;
    }
  } finally {
    // If the caller stops early, nothing waits for a request under way.
    void items.return(undefined).catch(() => {});
  }
}
