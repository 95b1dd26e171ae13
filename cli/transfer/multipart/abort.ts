import { type ErrorCode, isUserError, UserError } from '../../errors.ts';
import { orReport } from '../../settings/records.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { type Journal, withJournal } from './journal.ts';
import { isOfStream, type JournalSubject, unansweredSince } from './journal-entry.ts';
import { type Journals, listJournals } from './journals.ts';
import { hasParts, listUploads } from './listings.ts';
import { abortUpload, type OpenUpload } from './requests.ts';

/*
 * S3 returns the id of an upload when it creates it. If that response is lost, by a broken connection or a killed
 * process, the upload stays open under an unknown id. It is identified by its key, by the time between the request and
 * the creation of its replacement, and by having no part. Another client's upload of the same key looks the same until
 * its first part is stored. Aborting it costs little: a file's upload starts again, a stream has to be sent again.
 */

/** Requests to create uploads of a key that got no response. */
interface Unanswered {
  readonly key: string;
  /** Time of the first one; ISO 8601, by this computer's clock. */
  readonly since: string;
  /** The upload that was created instead; later ones are other clients'. */
  readonly instead?: OpenUpload;
}

export interface CleanUpContext {
  readonly now: () => Date;
  readonly warn: (text: string) => void;
}

/** Tolerance for clocks compared by a `Date` header, milliseconds: the header's resolution and the time it travels. */
const TOLERANCE_MS = 5_000;

/**
 * Aborts the uploads that a request without a response may have left.
 * @throws {UserError}
 */
async function abortUnanswered(
  edge: EdgeClient,
  { key, since, instead }: Unanswered,
  now: () => Date,
): Promise<void> {
  const { uploads, truncated } = await listUploads(edge, key, now);
  const until = uploads.findIndex(({ uploadId }) => uploadId === instead?.uploadId);
  if (instead !== undefined && until < 0) {
    // If all are listed, a missing one has ended, which its own requests report.
    if (!truncated) return;
    throw new UserError('refused_by_store', `S3 has too many unfinished uploads of ${key} to list them.`);
  }
  const from = Date.parse(since) - TOLERANCE_MS;
  const older = uploads.slice(0, instead === undefined ? uploads.length : until);
  for (const upload of older.filter(({ openedAt }) => openedAt >= from)) {
    if (!(await hasParts(edge, upload))) await abortUpload(edge, upload);
  }
}

/** Error codes of an edge that does not list uploads, or not to this caller. */
const NOT_LISTED: ReadonlySet<ErrorCode> = new Set(['forbidden', 'refused_by_edge', 'refused_by_store']);

/** Like `abortUnanswered`, but warns if uploads cannot be listed. The edge lists only the caller's own keys. */
export async function tryAbortUnanswered(
  edge: EdgeClient,
  unanswered: Unanswered,
  { now, warn }: CleanUpContext,
): Promise<void> {
  try {
    await abortUnanswered(edge, unanswered, now);
  } catch (error) {
    if (!isUserError(error) || !NOT_LISTED.has(error.code)) throw error;
    warn(
      `The creation of a multipart upload of ${unanswered.key} got no response. It may stay in the bucket, empty, until the lifecycle rule aborts it. Looking it up failed: ${error.message}`,
    );
  }
}

/** An unfinished upload as the store may have it. */
interface Unfinished {
  readonly key: string;
  /** Absent if its creation got no response. */
  readonly open?: OpenUpload | undefined;
  /** Time from which another upload of unknown id may be open; ISO 8601. */
  readonly unansweredSince?: string | undefined;
}

export interface AbortContext extends CleanUpContext {
  readonly edge: EdgeClient;
  readonly signal: AbortSignal;
}

/** Aborts an upload at the store, then deletes its journal. */
export async function abortUnfinished(
  edge: EdgeClient,
  { key, open, unansweredSince: since }: Unfinished,
  journal: Pick<Journal, 'remove'>,
  context: CleanUpContext,
): Promise<void> {
  if (since !== undefined) {
    await tryAbortUnanswered(edge, { key, since, ...(open && { instead: open }) }, context);
  }
  if (open !== undefined) await abortUpload(edge, open);
  await journal.remove();
}

/**
 * Aborts the upload that an earlier run left in a journal of a folder.
 * @throws {UserError} also `busy` if another run uses the journal.
 */
export async function abortRecorded(
  folder: string,
  subject: JournalSubject,
  context: AbortContext,
): Promise<void> {
  const { edge, signal } = context;
  const { key } = subject;
  await withJournal(folder, subject, signal, async (journal) => {
    const { recorded } = journal;
    if (recorded === undefined) return;
    const open = recorded.opened && { key, uploadId: recorded.opened.uploadId };
    await abortUnfinished(edge, { key, open, unansweredSince: unansweredSince(recorded) }, journal, context);
  });
}

/** Aborts the uploads of a key that killed streams left. */
export async function abortEarlierStreams(
  journals: Journals | undefined,
  key: string,
  context: AbortContext,
): Promise<void> {
  if (journals === undefined) return;
  const folder = journals.earlierFolder();
  if (folder === undefined) return;
  await orReport(async () => {
    // Files that are not journals contain no upload of this key.
    for (const { entry } of await listJournals(folder, () => {})) {
      if (!isOfStream(entry) || entry.url !== context.edge.url || entry.key !== key) continue;
      await abortRecorded(folder, entry, context).catch((error: unknown) => {
        // An upload that another run is sending is not aborted.
        if (!isUserError(error) || error.code !== 'busy') throw error;
      });
    }
  }, journals.onTrouble);
}
