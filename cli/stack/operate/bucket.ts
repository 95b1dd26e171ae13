import type { ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { isOwnKey } from '../../../protocol/key-rules.ts';
import { omitUndefined } from '../../../protocol/omit-undefined.ts';
import { UserError } from '../../errors.ts';
import { count, formatBytes } from '../../ui/format.ts';
import { onAws, unexpectedAnswer } from '../aws-failures.ts';
import { pages } from '../pages.ts';
import { checkpoint, pause, resumable, type StackWork } from '../stack-work.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly etag: string;
}

/** Lists objects in S3's order of keys, in pages of 1,000. */
export async function* listObjects(
  { clients: { s3 }, context: { signal } }: StackWork,
  bucket: string,
  prefix = '',
): AsyncGenerator<StoredObject> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const doing = `Listing the bucket ${bucket}`;
  const listed = pages({
    doing,
    signal,
    ask: (token?: string) =>
      s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...omitUndefined({ ContinuationToken: token }),
        }),
      ),
    next: ({ NextContinuationToken }) => NextContinuationToken,
  });
  for await (const { Contents = [], IsTruncated, NextContinuationToken } of listed) {
    refuseNoListing(doing, IsTruncated, NextContinuationToken);
    for (const { Key, Size, LastModified, ETag } of Contents) {
      if (!Key || !isSize(Size) || !isDate(LastModified))
        throw unexpectedAnswer('S3', doing, 'an object without a key, size or time');
      yield { key: Key, bytes: Size, modified: LastModified, etag: (ETag ?? '').replaceAll('"', '') };
    }
  }
}

/** Refuses an answer that is no list, such as the page of a proxy. Every list of S3 has `IsTruncated`. */
function refuseNoListing(doing: string, isTruncated: boolean | undefined, next: unknown): void {
  if (isTruncated === undefined) throw unexpectedAnswer('S3', doing, 'no list');
  if (isTruncated && next === undefined)
    throw unexpectedAnswer('S3', doing, 'a list that ends in the middle');
}

function isSize(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

function isDate(value: Date | undefined): value is Date {
  return value !== undefined && !Number.isNaN(value.getTime());
}

interface Version {
  readonly Key: string;
  readonly VersionId: string;
  readonly bytes: number;
}

/** Lists all versions and delete markers, in pages of 1,000 at most. */
async function* listVersions(
  { clients: { s3 }, context: { signal } }: StackWork,
  bucket: string,
): AsyncGenerator<Version[]> {
  const { ListObjectVersionsCommand } = await import('@aws-sdk/client-s3');
  const doing = `Listing the bucket ${bucket}`;
  const listed = pages({
    doing,
    signal,
    ask: (from?: VersionMarker): Promise<ListObjectVersionsCommandOutput> =>
      s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...from })),
    next: ({ IsTruncated, NextKeyMarker, NextVersionIdMarker }) =>
      IsTruncated && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
        : undefined,
  });
  for await (const page of listed) {
    refuseNoListing(doing, page.IsTruncated, page.NextKeyMarker);
    if (page.Versions?.some(({ Key, Size }) => !Key || !isSize(Size)))
      throw unexpectedAnswer('S3', doing, 'a version without a key or size');
    yield [
      ...(page.Versions ?? []).map(({ Key = '', VersionId = 'null', Size = 0 }) => ({
        Key,
        VersionId,
        bytes: Size,
      })),
      ...(page.DeleteMarkers ?? []).map(({ Key = '', VersionId = 'null' }) => ({ Key, VersionId, bytes: 0 })),
    ];
  }
}

interface VersionMarker {
  readonly KeyMarker: string;
  readonly VersionIdMarker: string | undefined;
}

/** Objects as people count them: versions and delete markers too, the deployment's own records not. */
class Tally {
  objects = 0;
  bytes = 0;

  add(versions: readonly Version[]): void {
    for (const { Key, bytes } of versions) {
      if (isOwnKey(Key)) continue;
      this.objects += 1;
      this.bytes += bytes;
    }
  }

  toString(): string {
    return `${count(this.objects, 'object')}, ${formatBytes(this.bytes)}`;
  }
}

/** Counts the objects of a bucket and their bytes. */
export async function measureBucket(
  work: StackWork,
  bucket: string,
): Promise<{ objects: number; bytes: number }> {
  const { ui } = work.context;
  const task = `Counting objects in ${bucket}`;
  const found = new Tally();
  ui.event({ type: 'task-started', task });
  for await (const page of listVersions(work, bucket)) {
    found.add(page);
    ui.event({ type: 'task-progress', task, detail: `${found}` });
  }
  ui.event({ type: 'task-done', task, detail: `${found}` });
  const { objects, bytes } = found;
  return { objects, bytes };
}

const GO_ON = 'What was deleted so far is gone. Run edge-upload destroy again to delete the rest.';

/** Batches of one bucket deleted at the same time. */
const PARALLEL = 8;

/** Deletes every version, delete marker and unfinished multipart upload. Uploads that run meanwhile can add more. */
export async function emptyBucket(work: StackWork, bucket: string): Promise<void> {
  const { ui, signal } = work.context;
  const task = `Emptying the bucket ${bucket}`;
  ui.event({ type: 'task-started', task });
  const deleted = new Tally();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const begin = (page: readonly Version[]) => {
    const batch = deleteBatch(work, bucket, page)
      .then(() => {
        deleted.add(page);
        ui.event({ type: 'task-progress', task, detail: `${deleted}` });
      })
      // Reported after the other batches: this one may fail while the next page is read.
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(batch));
    running.add(batch);
  };
  await resumable(GO_ON, async () => {
    try {
      for await (const page of listVersions(work, bucket)) {
        if (failures.length > 0) break;
        if (page.length > 0) begin(page);
        if (running.size >= PARALLEL) await Promise.race(running);
      }
    } finally {
      await Promise.all(running);
    }
  });
  checkpoint(signal, GO_ON);
  if (failures.length > 0) throw failures[0];
  const uploads = await resumable(GO_ON, () => abortUploads(work, bucket));
  const open = uploads === 0 ? '' : `, ${count(uploads, 'unfinished upload')}`;
  ui.event({ type: 'task-done', task, detail: `${deleted}${open}` });
}

/** Errors of single keys when S3 is busy, in an answer with status 200. */
const BUSY = new Set(['InternalError', 'ServiceUnavailable', 'SlowDown']);
const BATCH_TRIES = 8;

async function deleteBatch(work: StackWork, bucket: string, versions: readonly Version[]): Promise<void> {
  const { DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  let left = versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
  for (let tried = 1; ; tried += 1) {
    const Errors = await onAws(`Emptying the bucket ${bucket}`, async () => {
      const answer = await work.clients.s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: left, Quiet: true } }),
      );
      const final = answer.Errors?.find(({ Code = '' }) => !BUSY.has(Code) || tried === BATCH_TRIES);
      if (final === undefined) return answer.Errors ?? [];
      throw Object.assign(new Error(`${final.Key}: ${final.Message}`), { name: final.Code ?? 'Error' });
    });
    if (Errors.length === 0) return;
    left = Errors.map(({ Key = '', VersionId = 'null' }) => ({ Key, VersionId }));
    await pause(Math.random() * 250 * 2 ** tried, work.context.signal, GO_ON);
  }
}

/** Aborts unfinished uploads until none is left. Throws if S3 still lists an aborted upload. */
async function abortUploads(
  { clients: { s3 }, context: { signal } }: StackWork,
  bucket: string,
): Promise<number> {
  const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  const aborted = new Set<string>();
  for (;;) {
    checkpoint(signal, GO_ON);
    const doing = `Listing the unfinished uploads of ${bucket}`;
    const { Uploads = [], IsTruncated } = await onAws(doing, () =>
      s3.send(new ListMultipartUploadsCommand({ Bucket: bucket })),
    );
    if (IsTruncated === undefined) throw unexpectedAnswer('S3', doing, 'no list');
    if (Uploads.length === 0) return aborted.size;
    const [stuck] = Uploads.filter(({ UploadId = '' }) => aborted.has(UploadId));
    if (stuck !== undefined) {
      throw new UserError(
        'aws',
        `The unfinished upload of ${stuck.Key} in ${bucket} still exists after its abort.`,
        {
          hint: 'Run edge-upload destroy again in a minute.',
        },
      );
    }
    for (const { Key, UploadId = '' } of Uploads) {
      await onAws(`Aborting an unfinished upload of ${Key}`, () =>
        s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId })),
      );
      aborted.add(UploadId);
    }
  }
}
