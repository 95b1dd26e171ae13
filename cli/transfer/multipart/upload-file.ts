import { type Part, partOf, partsOf } from '../../../protocol/parts.ts';
import { command } from '../../command-line.ts';
import { interrupted, isUserError, UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import { effectOf } from '../error-effects.ts';
import { sameBytes } from '../integrity.ts';
import type { Limits } from '../limits.ts';
import { checkSize } from '../limits.ts';
import type { PartLimiter } from '../pacing/part-limiter.ts';
import { forEachAtOnce, unlessFailed } from '../pacing/pool.ts';
import type { Plan } from '../plan.ts';
import type { ObjectUpload, Stored } from '../put-object.ts';
import { type SegmentOptions, withSegment } from '../sources/segment.ts';
import type { SourceFile } from '../sources/source-file.ts';
import { UploadConflict, UploadGone } from '../wire/responses.ts';
import { journalId } from './journal.ts';
import {
  type Fingerprint,
  fingerprint,
  isSameUpload,
  type JournalEntry,
  type JournalSubject,
  unansweredSince,
} from './journal-entry.ts';
import { type Journals, type OptionalJournal, useJournal } from './journals.ts';
import type { ListedPart } from './listings.ts';
import type { StoredPart } from './requests.ts';
import { MultipartSession, type SessionContext } from './session.ts';

export interface FileUpload {
  readonly file: SourceFile;
  /** Absolute. */
  readonly path: string;
  readonly upload: ObjectUpload & {
    /** Called with the bytes that are already stored; negative if they no longer count. */
    readonly onFound: (bytes: number) => void;
  };
  readonly plan: Plan;
  /** Set if the user gave the part size: an upload with another one starts again. */
  readonly partSizeGiven: boolean;
}

export interface FileUploadContext extends SessionContext, SegmentOptions {
  /** Absent: an upload that is interrupted starts again. */
  readonly journals: Journals | undefined;
  readonly limits: Limits;
  /** Returns the limiter of the parts under way, of all files together. */
  readonly limiter: () => PartLimiter;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Maximum sessions for one file before the last one's error is reported. */
const SESSIONS_IF_GONE = 2;
const SESSIONS_IF_CONFLICT = 3;

/**
 * Stores a file by a multipart upload, and resumes the one of an earlier run. Parts stay stored and recorded until the
 * object is verified, so that an interrupted run can be resumed.
 * @throws {UserError}
 */
export async function uploadFileInParts(work: FileUpload, context: FileUploadContext): Promise<Stored> {
  const { file, path, upload, plan } = work;
  const { edge, digester, journals, signal } = context;
  const subject = { url: edge.url, key: upload.key, path };
  return useJournal(journals, subject, signal, async (journal) => {
    const { algorithm } = digester;
    const { headers } = upload;
    const wanted = await fingerprint(file, subject, { headers, partSize: plan.partSize, algorithm });
    let since = unansweredSince(journal.recorded);
    let session = await resume(journal, wanted, work, context);
    for (let sessions = 1; ; sessions += 1) {
      session ??= await open(journal, wanted, since, work, context);
      try {
        await sendMissing(session, work, context);
        file.checkUnchanged();
        return await session.complete();
      } catch (error) {
        if (!startsAgain(error, sessions)) throw await ended(error, session, journal, { subject, file });
        if (error instanceof UploadConflict) await session.abort();
        upload.onFound(-session.storedBytes);
        since = session.unansweredSince;
        session = undefined;
      }
    }
  });
}

async function resume(
  journal: OptionalJournal,
  wanted: Fingerprint,
  { file, upload, partSizeGiven }: FileUpload,
  context: FileUploadContext,
): Promise<MultipartSession | undefined> {
  const options = {
    isSame: (entry: JournalEntry) => isSameUpload(entry, wanted, !partSizeGiven),
    size: file.size,
    verify: (part: ListedPart, plan: Plan) => verify(part, file, plan, context),
  };
  const session = await MultipartSession.resume({ journal, upload }, options, context);
  if (session === undefined) return undefined;
  upload.onFound(session.resumedBytes);
  if (session.resumedBytes > 0) {
    const [done, all] = [formatBytes(session.resumedBytes), formatBytes(file.size)];
    context.note(`Resuming ${file.name} at ${done} of ${all}.`);
  }
  return session;
}

/** Compares a part that the store lists with the file's own bytes. */
async function verify(
  listed: ListedPart,
  file: SourceFile,
  plan: Plan,
  options: SegmentOptions,
): Promise<StoredPart | undefined> {
  const { number, size, etag } = listed;
  return withSegment(file, partOf(number, file.size, plan), options, async (segment) => {
    if (!(await sameBytes(segment, listed))) return undefined;
    return { number, size, etag, checksum: segment.digest.toString('base64') };
  });
}

async function open(
  journal: OptionalJournal,
  wanted: Fingerprint,
  since: string | undefined,
  { file, upload }: FileUpload,
  context: FileUploadContext,
): Promise<MultipartSession> {
  checkSize(file.name, file.size, await context.limits.current());
  const options = { fingerprint: wanted, unansweredSince: since };
  return MultipartSession.open({ journal, upload }, options, context);
}

async function sendMissing(
  session: MultipartSession,
  { file, upload }: FileUpload,
  { digester, buffers, slots, limiter, signal }: FileUploadContext,
): Promise<void> {
  const failing = new AbortController();
  const retryUntil = failing.signal;
  const send = async (part: Part, onSent: (bytes: number) => void) => {
    if (signal.aborted) throw interrupted();
    await withSegment(file, part, { digester, buffers }, (segment) =>
      session.send(part.number, segment, { onSent, retryUntil }),
    );
  };
  const parts = partsOf(file.size, session);
  const missing = parts.filter(({ number }) => !session.has(number));
  const sendNext = (part: Part) =>
    limiter().run(part.length, (limited) =>
      slots.run(() =>
        unlessFailed(failing, () =>
          send(part, (bytes) => {
            limited(bytes);
            upload.onSent(bytes);
          }),
        ),
      ),
    );
  await forEachAtOnce(missing, slots.size, sendNext, failing);
}

/** The store no longer has the upload, or another upload of the key was completed meanwhile. */
function startsAgain(error: unknown, sessions: number): boolean {
  if (error instanceof UploadConflict) return sessions < SESSIONS_IF_CONFLICT;
  return error instanceof UploadGone && sessions < SESSIONS_IF_GONE;
}

/** Returns the error to report. The upload is kept if it can be resumed, and aborted otherwise. */
async function ended(
  error: unknown,
  session: MultipartSession,
  journal: OptionalJournal,
  { subject, file }: { readonly subject: JournalSubject; readonly file: SourceFile },
): Promise<unknown> {
  if (!journal.isRecorded() || (isUserError(error) && effectOf(error.code).upload === 'abort')) {
    await session.abort();
    return error;
  }
  if (!isUserError(error) || error instanceof UploadGone) return error;
  const { storedBytes } = session;
  // If every part is stored, the store refused to complete the upload.
  const refused = error.code === 'refused_by_store' && storedBytes === file.size;
  const stored = `${formatBytes(storedBytes)} of ${formatBytes(file.size)} are stored`;
  const resumes = (what: string) =>
    storedBytes === 0
      ? `The same ${what} starts from the beginning: no part is stored yet.`
      : `${stored}; the same ${what} resumes from there.`;
  const hint = refused
    ? [
        'All parts are stored, and the same command tries once more. If that fails too, abort the upload first:',
        command`edge-upload uploads abort ${journalId(subject)}`,
      ]
    : [resumes('command')];
  const next = refused ? 'All parts are stored, and the same upload tries once more.' : resumes('upload');
  const { library, hint: own } = error;
  return new UserError(error.code, error.message, {
    hint: [...error.hintLines, ...hint],
    library: { ...library, hint: [library.hint ?? own ?? [], next].flat() },
    cause: error,
  });
}
