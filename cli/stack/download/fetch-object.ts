import { Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command, type Hint } from '../../command-line.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { pause } from '../../network/cancellation.ts';
import { findFailure } from '../../network/failures.ts';
import { formatBytes } from '../../ui/format.ts';
import { awsFailure, unexpectedAwsResponse } from '../aws-failures.ts';
import { bucketGone } from '../checks/bucket.ts';
import type { StackWork } from '../find-stack.ts';
import { expectedOf, isAsExpected } from './verify.ts';

export interface ObjectToFetch {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

export interface FetchedObject {
  readonly bytes: number;
  readonly etag: string;
  readonly versionId?: string;
  /** What the bytes were compared with; absent if S3 has no checksum of the whole object. */
  readonly verified?: string;
}

/** Maximum attempts in a row without a byte. */
const TRIES = 6;

/** Minimum milliseconds between two progress events. */
const PROGRESS_MS = 200;

/**
 * Reads an object from S3 to its end. After a lost connection, it resumes at the same byte of the same version.
 * @throws {UserError} `bytes_differ` if the bytes are not those that S3 stored, `file_missing`, `file_changed`,
 * `access_denied`
 */
export async function fetchObject(
  work: StackWork,
  object: ObjectToFetch,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<FetchedObject> {
  const { signal } = work.context;
  const first = await request(work, object);
  const { ContentLength: size, ETag: etag } = first;
  if (size === undefined || !etag) {
    discard(first);
    throw unexpectedAwsResponse('S3', `Downloading ${object.key}`, 'no length or ETag');
  }
  const expected = await expectedOf(first);
  const tell = progress(work, object.key, size);
  let received = 0;
  const take = async (chunk: Uint8Array) => {
    // The rest of the object can arrive in a response without a length and without an end.
    if (received + chunk.length > size) throw differs(object.key);
    expected?.hasher.update(chunk);
    await write(chunk);
    received += chunk.length;
    tell(received);
  };
  let answer = first;
  for (let fruitless = 0; ; ) {
    const before = received;
    await readBody(answer, take, { key: object.key, signal });
    if (received === size) break;
    fruitless = received > before ? 1 : fruitless + 1;
    if (fruitless > TRIES) throw brokenOff(received, size);
    await pause(2 ** fruitless * 250, signal, 'Run the same command again.');
    answer = await request(work, object, { from: received, size, etag });
  }
  if (expected !== undefined && !(await isAsExpected(expected))) throw differs(object.key);
  tell(received, true);
  const { VersionId } = first;
  return {
    bytes: received,
    etag: etag.replaceAll('"', ''),
    ...(VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId }),
    ...(expected === undefined ? {} : { verified: expected.name }),
  };
}

/** Passes on the bytes of a response, until its end or until the connection is lost. */
async function readBody(
  { Body: body }: GetObjectCommandOutput,
  take: (chunk: Uint8Array) => Promise<void>,
  { key, signal }: { readonly key: string; readonly signal: AbortSignal },
): Promise<void> {
  const stopped = () => interrupted('Run the same command again to download it from the start.');
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (signal.aborted) throw stopped();
      await take(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw stopped();
    if (isMismatch(error)) throw differs(key);
    // A file that cannot be written is no failure of the network.
    if (isUserError(error) || findFailure(error) === undefined) throw error;
  }
}

function brokenOff(received: number, size: number): UserError {
  const where = `${formatBytes(received)} of ${formatBytes(size)}`;
  return new UserError('gave_up', `The connection to S3 broke off ${TRIES} times at ${where}.`, {
    hint: 'Check the network, then run the same command again.',
  });
}

/** Closes the connection of a response that is not read. Otherwise the process waits for its end, and fails at a late error. */
function discard({ Body: body }: GetObjectCommandOutput): void {
  if (body instanceof Readable) body.on('error', () => {}).destroy();
}

/** The SDK checks some checksums by itself, at the end of the body. */
function isMismatch(error: unknown): boolean {
  return error instanceof Error && /checksum mismatch/i.test(error.message);
}

const ANOTHER_TRY: Hint = [
  'Run the same command again. If it happens again, a proxy may change the bytes. Check with:',
  command`edge-upload doctor`,
];

function differs(key: string): UserError {
  return new UserError('bytes_differ', `The bytes of ${key} that arrived are not those that S3 stored.`, {
    hint: ANOTHER_TRY,
  });
}

/** The error for a response whose `Content-Length` was longer than the object. */
function tooLong(key: string, { from, size }: { from: number; size: number }, cause: Error): UserError {
  const message = `The length of ${key} changed: the first response announced ${size} bytes, and S3 has ${from}.`;
  return new UserError('bytes_differ', message, { hint: ANOTHER_TRY, cause });
}

async function request(
  work: StackWork,
  { bucket, key, versionId }: ObjectToFetch,
  rest?: { readonly from: number; readonly size: number; readonly etag: string },
): Promise<GetObjectCommandOutput> {
  const { clients, context } = work;
  const { signal } = context;
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    return await clients.s3.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...omitUndefined({ VersionId: versionId }),
        ...(rest === undefined
          ? { ChecksumMode: 'ENABLED' as const }
          : { Range: `bytes=${rest.from}-`, IfMatch: rest.etag }),
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    if (signal.aborted) throw interrupted();
    if (rest !== undefined && error instanceof Error && error.name === 'InvalidRange') {
      throw tooLong(key, rest, error);
    }
    throw refusal(error, { bucket, key });
  }
}

function refusal(error: unknown, { bucket, key }: ObjectToFetch): UserError {
  const name = error instanceof Error ? error.name : '';
  const doing = `Downloading ${key}`;
  if (name === 'NoSuchBucket') return bucketGone(bucket);
  if (name === 'NoSuchKey' || name === 'NoSuchVersion' || name === 'MethodNotAllowed') {
    const what = name === 'NoSuchKey' ? 'no object' : 'no such version of';
    return new UserError('file_missing', `There is ${what} “${key}” in the bucket ${bucket}.`, {
      hint: ['List what is stored:', command`edge-upload ls`],
      cause: error,
    });
  }
  if (name === 'PreconditionFailed') {
    return new UserError('file_changed', `${key} was replaced in the bucket while it was downloaded.`, {
      hint: 'Run the same command again.',
      cause: error,
    });
  }
  if (name === 'InvalidObjectState') {
    return new UserError(
      'file_unreadable',
      `${key} is archived; it must be restored before it can be downloaded.`,
      {
        hint: [
          'Restore it, wait a few hours, then run the same command again:',
          command`aws s3api restore-object --bucket ${bucket} --key ${key} --restore-request Days=1`,
        ],
        cause: error,
      },
    );
  }
  const failure = awsFailure(error, doing);
  if (failure.code !== 'access_denied') return failure;
  return new UserError('access_denied', failure.message, {
    hint: [
      `Allow s3:GetObject on arn:aws:s3:::${bucket}/*: the statement ReadObjects of the policy.`,
      command`edge-upload policy`,
    ],
    cause: error,
  });
}

function progress({ context: { ui, now } }: StackWork, key: string, size: number) {
  const since = now().getTime();
  let told = since;
  return (bytes: number, isWhole = false) => {
    const at = now().getTime();
    if (!isWhole && at - told < PROGRESS_MS) return;
    told = at;
    ui.event({
      type: 'transfer',
      bytes,
      totalBytes: size,
      filesDone: isWhole ? 1 : 0,
      totalFiles: 1,
      rate: at > since ? (bytes / (at - since)) * 1000 : 0,
      active: isWhole ? [] : [{ name: key, bytes, size }],
    });
  };
}
