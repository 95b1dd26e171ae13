import { isOwnKey } from '../../../protocol/object-url.ts';
import { UserError } from '../../errors.ts';
import { checkpoint, pause, resumable } from '../../network/cancellation.ts';
import { sameCommand } from '../../same-command.ts';
import { forEachAtOnce } from '../../transfer/pacing/pool.ts';
import { asTask } from '../../ui/create.ts';
import { count, formatBytes } from '../../ui/format.ts';
import { onAws } from '../aws-calls.ts';
import type { StackWork } from '../find-stack.ts';
import {
  type ListedVersion,
  listUnfinishedUploads,
  listVersionPages,
  type UnfinishedUpload,
} from '../listing/bucket-listing.ts';

/** Counts objects, including versions and delete markers, without the deployment's own records. */
class Tally {
  objects = 0;
  bytes = 0;

  add(versions: readonly ListedVersion[]): void {
    for (const { key, bytes } of versions) {
      if (isOwnKey(key)) continue;
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
  const { objects, bytes } = await asTask(ui, task, String, async () => {
    const found = new Tally();
    for await (const page of listVersionPages(work, bucket)) {
      found.add(page);
      ui.event({ type: 'task-progress', task, detail: `${found}` });
    }
    return found;
  });
  return { objects, bytes };
}

const GO_ON = ['Only a part is deleted. To delete the rest:', sameCommand``];

/** Batches of one bucket deleted at the same time. */
const PARALLEL = 8;

/** Deletes every version, delete marker and unfinished multipart upload. Uploads that run meanwhile can add more. */
export async function emptyBucket(work: StackWork, bucket: string): Promise<void> {
  const task = `Emptying the bucket ${bucket}`;
  await asTask(work.context.ui, task, String, () => deleteContents(work, bucket, task));
}

/** Returns how much was deleted, in words. */
async function deleteContents(work: StackWork, bucket: string, task: string): Promise<string> {
  const { ui, signal } = work.context;
  const deleted = new Tally();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const begin = (page: readonly ListedVersion[]) => {
    const batch = deleteVersions(work, bucket, page)
      .then(() => {
        deleted.add(page);
        ui.event({ type: 'task-progress', task, detail: `${deleted}` });
      })
      // Reported after the other batches, because this one can fail while the next page is read.
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(batch));
    running.add(batch);
  };
  await resumable(GO_ON, async () => {
    try {
      for await (const page of listVersionPages(work, bucket)) {
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
  const summary = (uploads: number) =>
    uploads === 0 ? `${deleted}` : `${deleted}, ${count(uploads, 'unfinished upload')}`;
  const showProgress = (uploads: number) =>
    ui.event({ type: 'task-progress', task, detail: summary(uploads) });
  return summary(await resumable(GO_ON, () => abortUploads(work, bucket, showProgress)));
}

/** Matches a character that XML 1.0 cannot contain, even as a reference: https://www.w3.org/TR/xml/#charsets */
const NOT_IN_XML = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Requests of one page for keys that are deleted one by one. */
const SINGLE_AT_ONCE = 4;

/**
 * Deletes the versions of a page. Keys that XML cannot contain are deleted one by one, because S3 refuses a batch with
 * them.
 */
async function deleteVersions(
  work: StackWork,
  bucket: string,
  versions: readonly ListedVersion[],
): Promise<void> {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  const isSingle = ({ key }: ListedVersion) => NOT_IN_XML.test(key);
  const batch = versions.filter((version) => !isSingle(version));
  if (batch.length > 0) await deleteBatch(work, bucket, batch);
  await forEachAtOnce(versions.filter(isSingle), SINGLE_AT_ONCE, async ({ key, versionId }) => {
    checkpoint(work.context.signal, GO_ON);
    await onAws(`Deleting ${key} of ${bucket}`, () =>
      work.clients.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId })),
    );
  });
}

/** Errors of single keys when S3 is busy, in a response with status 200. */
const BUSY = new Set(['InternalError', 'ServiceUnavailable', 'SlowDown']);
const BATCH_TRIES = 8;

async function deleteBatch(
  work: StackWork,
  bucket: string,
  versions: readonly ListedVersion[],
): Promise<void> {
  const { DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  let left = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
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
    const busy = new Set(Errors.map(({ Key, VersionId }) => JSON.stringify([Key, VersionId])));
    const named = left.filter(({ Key, VersionId }) => busy.has(JSON.stringify([Key, VersionId])));
    // A response can lose whitespace of a key. Deleting a version again is harmless.
    if (named.length === Errors.length) left = named;
    await pause(Math.random() * 250 * 2 ** tried, work.context.signal, GO_ON);
  }
}

/** Aborts of one page of uploads that run at the same time. */
const ABORTS_AT_ONCE = 8;

/** Aborts unfinished uploads until none is left. Throws if S3 still lists an aborted upload. */
async function abortUploads(
  work: StackWork,
  bucket: string,
  onProgress: (aborted: number) => void,
): Promise<number> {
  const { signal } = work.context;
  const aborted = new Set<string>();
  for (;;) {
    checkpoint(signal, GO_ON);
    const uploads = await listUnfinishedUploads(work, bucket);
    if (uploads.length === 0) return aborted.size;
    const stuck = uploads.find(({ uploadId }) => aborted.has(uploadId));
    if (stuck !== undefined) {
      throw new UserError(
        'aws',
        `The unfinished upload of ${stuck.key} in ${bucket} still exists after its abort.`,
        {
          hint: ['Run again in a minute:', sameCommand``],
        },
      );
    }
    await forEachAtOnce(uploads, ABORTS_AT_ONCE, async (upload) => {
      checkpoint(signal, GO_ON);
      await abortUpload(work, bucket, upload);
      aborted.add(upload.uploadId);
      onProgress(aborted.size);
    });
  }
}

/** Aborts an upload. It can be complete or aborted since it was listed, by its uploader or by another `destroy`. */
async function abortUpload(
  work: StackWork,
  bucket: string,
  { key, uploadId }: UnfinishedUpload,
): Promise<void> {
  const { AbortMultipartUploadCommand } = await import('@aws-sdk/client-s3');
  await onAws(`Aborting an unfinished upload of ${key}`, async () => {
    try {
      await work.clients.s3.send(
        new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }),
      );
    } catch (error) {
      if ((error as Error).name !== 'NoSuchUpload') throw error;
    }
  });
}
