import { omitUndefined } from '../../protocol/fields.ts';
import { DESCRIPTION_KEY } from '../../protocol/object-url.ts';
import { type ErrorCode, isUserError, type UserError } from '../errors.ts';
import { cleanUp, creating } from '../network/cancellation.ts';
import { causeName, ifAllowed, ifThere, onAws } from '../stack/aws-calls.ts';
import { deniedHead } from '../stack/checks/bucket.ts';
import type { StackWork } from '../stack/find-stack.ts';
import { type ListedObject, listObjects } from '../stack/listing/bucket-listing.ts';
import { isTokenId } from '../stack/signing/signing-options.ts';
import { forEachAtOnce } from '../transfer/pacing/pool.ts';
import { parseEntry, type TokenEntry, type TokenKind } from './token-entry.ts';

/*
 * The ledger is a folder of objects below the prefix that the edge reserves, one for each token. It records what was
 * issued, by whom, and until when. An entry is written before its token is signed, so that the ledger is complete.
 */

const FOLDER = `${DESCRIPTION_KEY}/tokens/`;
const SUFFIX = '.json';

/** Maximum bytes of an entry. Larger objects are not entries: notes, names and keys have limits. */
const MAX_BYTES = 16 * 1024;

/** Maximum entries that are read, newest first. */
const MAX_ENTRIES = 10_000;
const AT_ONCE = 32;
const PROGRESS_EVERY = 200;

const folderOf = (kind: TokenKind) => `${FOLDER}${kind}/`;
const keyOf = ({ kind, id }: Pick<TokenEntry, 'kind' | 'id'>) => `${folderOf(kind)}${id}${SUFFIX}`;

/**
 * Writes an entry. Returns false if the id is taken. Ctrl-C does not cancel the request. An entry that S3 may have stored
 * without a response is deleted.
 */
export async function writeEntry(work: StackWork, bucket: string, entry: TokenEntry): Promise<boolean> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const Body = `${JSON.stringify(entry)}\n`;
  const Key = keyOf(entry);
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key,
    Body,
    ContentType: 'application/json',
    IfNoneMatch: '*',
  });
  try {
    await creating(work.context.signal, (bounds) =>
      onAws(`Recording the ${entry.kind} ${entry.id}`, () => work.clients.s3.send(put, bounds)),
    );
    return true;
  } catch (error) {
    // The SDK repeats a request without a response. S3 may have stored the first one.
    if (causeName(error) === 'PreconditionFailed')
      return (await ifAllowed(() => readText(work, bucket, Key))) === Body;
    if (isUserError(error) && mayBeStored(error)) await dropEntry(work, bucket, entry);
    throw error;
  }
}

/** Errors without a response that refuses the request. */
const UNANSWERED: ReadonlySet<ErrorCode> = new Set([
  'interrupted',
  'unreachable',
  'gave_up',
  'aws',
  'throttled',
]);

function mayBeStored({ code, cause }: UserError): boolean {
  const { $metadata } = (cause ?? {}) as { $metadata?: { httpStatusCode?: number } };
  const { httpStatusCode: status = 500 } = $metadata ?? {};
  // 409: a repeated request met the first one, which S3 was still storing.
  return UNANSWERED.has(code) && (status >= 500 || status === 409);
}

/** Deletes the entry of a token that nobody received, also after Ctrl-C. A failure is a warning: the caller reports its own. */
export async function dropEntry(work: StackWork, bucket: string, entry: TokenEntry): Promise<void> {
  try {
    await removeEntry(work, bucket, entry);
  } catch (error) {
    if (!isUserError(error)) throw error;
    const { kind, id } = entry;
    const text = `${error.message} “${kind} list” may show the ${kind} ${id}, which nobody has.`;
    work.context.ui.event({ type: 'warning', text });
  }
}

async function removeEntry(work: StackWork, bucket: string, entry: TokenEntry): Promise<void> {
  const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
  const remove = new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(entry) });
  await cleanUp(work.context.signal, async (bounds) => {
    await onAws(`Removing the record of the ${entry.kind} ${entry.id}`, () =>
      work.clients.s3.send(remove, bounds),
    );
  });
}

/** Returns an object's text; `undefined` if it does not exist, and an empty string if it is too large. */
async function readText(work: StackWork, bucket: string, key: string): Promise<string | undefined> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    return await onAws(`Reading ${key}`, async () => {
      const { Body, ContentLength = Infinity } = await work.clients.s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      );
      if (ContentLength <= MAX_BYTES) return (await Body?.transformToString()) ?? '';
      await Body?.transformToWebStream().cancel();
      return '';
    });
  } catch (error) {
    if (causeName(error) === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** An object in the ledger that is not a valid entry. */
interface OddEntry {
  readonly key: string;
  /** Set if the object is named like an entry. */
  readonly id?: string;
}

export interface LinkLedger {
  /** Newest first. */
  readonly entries: readonly TokenEntry[];
  readonly odd: readonly OddEntry[];
  /** Number of older entries that were not read. */
  readonly omitted: number;
}

const newest = (one: ListedObject, other: ListedObject) => other.modified.getTime() - one.modified.getTime();

/** Reads the entries of one kind, at most 10,000. Memory use is limited, however many objects there are. */
export async function readLedger(work: StackWork, bucket: string, kind: TokenKind): Promise<LinkLedger> {
  let listed: ListedObject[] = [];
  let count = 0;
  for await (const object of listObjects(work, bucket, folderOf(kind))) {
    count += 1;
    listed.push(object);
    if (listed.length >= 2 * MAX_ENTRIES) listed = listed.sort(newest).slice(0, MAX_ENTRIES);
  }
  const read = listed.sort(newest).slice(0, MAX_ENTRIES);
  const entries: TokenEntry[] = [];
  const odd: OddEntry[] = [];
  const { ui } = work.context;
  const task = `Reading ${read.length} records of ${kind}s`;
  const isLong = read.length > PROGRESS_EVERY;
  let done = 0;
  if (isLong) ui.event({ type: 'task-started', task });
  await forEachAtOnce(read, AT_ONCE, async ({ key, bytes }) => {
    done += 1;
    if (isLong && done % PROGRESS_EVERY === 0)
      ui.event({ type: 'task-progress', task, detail: String(done) });
    const id = key.slice(folderOf(kind).length, -SUFFIX.length);
    const isNamed = isTokenId(id) && key.endsWith(SUFFIX);
    const text = isNamed && bytes <= MAX_BYTES ? await readText(work, bucket, key) : '';
    // The entry was deleted meanwhile.
    if (text === undefined) return;
    const entry = isNamed ? parseEntry(text, kind, id) : undefined;
    if (entry !== undefined) entries.push(entry);
    else odd.push({ key, ...omitUndefined({ id: isNamed ? id : undefined }) });
  });
  if (isLong) ui.event({ type: 'task-done', task });
  entries.sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  odd.sort((one, other) => one.key.localeCompare(other.key));
  return { entries, odd, omitted: count - read.length };
}

/** A token with a record. */
export interface RecordedToken extends Pick<TokenEntry, 'kind' | 'id'> {
  /** Absent if the record cannot be read. */
  readonly entry?: TokenEntry;
}

/** Returns the record of an id; `undefined` if there is none. */
export async function findRecord(
  work: StackWork,
  bucket: string,
  id: string,
): Promise<RecordedToken | undefined> {
  for (const kind of ['link', 'key'] as const) {
    const text = await readText(work, bucket, keyOf({ kind, id }));
    if (text !== undefined) return { kind, id, ...omitUndefined({ entry: parseEntry(text, kind, id) }) };
  }
  return undefined;
}

/** Returns which of the keys exist in the bucket; none if the operator is not allowed to check. */
export async function existingKeys(
  work: StackWork,
  bucket: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const found = new Set<string>();
  await forEachAtOnce(keys, AT_ONCE, async (key) => {
    const head = await ifThere(() =>
      onAws(`Looking for ${key}`, () =>
        work.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
          throw deniedHead(error, 's3:GetObject');
        }),
      ),
    );
    if (head !== undefined) found.add(key);
  });
  return found;
}
