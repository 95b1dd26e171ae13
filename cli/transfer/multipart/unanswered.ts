import { type ErrorCode, isUserError, UserError } from '../../errors.ts';
import type { Tools } from '../tools.ts';
import type { EdgeClient } from '../wire/edge-client.ts';
import { hasParts, listUploads } from './listings.ts';
import { abortUpload, type OpenUpload } from './multipart.ts';

/*
 * S3 gives an upload its id when it opens it. Where the answer is lost, by a broken connection or because the one who asked
 * was killed, the upload stays open and nobody knows its id. It is one of its key, it was opened since that was asked for
 * and before another was opened instead, and it never gets a part. Somebody else's upload of the same key can look like that for
 * as long as its first part is under way; a file's begins anew then, and that of a stream has to be sent again.
 */

/** What could not be answered: the opening of uploads of this key since then. */
export interface Unanswered {
  readonly key: string;
  /** ISO 8601, by this computer's clock. */
  readonly since: string;
  /** The one that was opened instead; those that were opened later are none of ours. */
  readonly instead?: OpenUpload;
}

/** How far two clocks may be apart that were compared by a `Date` header, milliseconds: its own step, and the way here. */
const TOLERANCE_MS = 5_000;

/**
 * Aborts the uploads that an unanswered opening may have left.
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
    // Where all are listed and it is not among them it has ended, which its own requests will tell.
    if (!truncated) return;
    throw new UserError('refused_by_store', `The store has too many open uploads of ${key} to list them.`);
  }
  const from = Date.parse(since) - TOLERANCE_MS;
  const older = uploads.slice(0, instead === undefined ? uploads.length : until);
  for (const upload of older.filter(({ openedAt }) => openedAt >= from)) {
    if (!(await hasParts(edge, upload))) await abortUpload(edge, upload);
  }
}

/** The edge does not list uploads, or not to this caller. */
const NOT_LISTED: ReadonlySet<ErrorCode> = new Set(['forbidden', 'refused_by_edge', 'refused_by_store']);

/** The same, where it is no reason to stop that uploads are not listed: the edge does that only for keys of one's own. */
export async function tryAbortUnanswered(
  edge: EdgeClient,
  unanswered: Unanswered,
  { now, warn }: Pick<Tools, 'now' | 'warn'>,
): Promise<void> {
  try {
    await abortUnanswered(edge, unanswered, now);
  } catch (error) {
    if (!isUserError(error) || !NOT_LISTED.has(error.code)) throw error;
    warn(
      `An empty upload of ${unanswered.key}, whose opening was not answered, may be left at the store until its lifecycle rule takes it away: ${error.message}`,
    );
  }
}
