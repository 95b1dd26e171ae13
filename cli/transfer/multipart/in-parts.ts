import { type ErrorCode, interrupted, isUserError, UserError } from '../../errors.ts';
import { formatBytes } from '../../ui/format.ts';
import type { Lane } from '../pacing/lanes.ts';
import { forEachAtOnce } from '../pacing/pool.ts';
import type { Part, Plan } from '../plan.ts';
import type { SourceFile } from '../sources/source-file.ts';
import { type Stretch, withStretch } from '../sources/stretch.ts';
import type { Tools } from '../tools.ts';
import type { Stored, Upload } from '../whole.ts';
import { UploadConflict, UploadGone } from '../wire/answers.ts';
import { perhapsOurs } from '../wire/edge-client.ts';
import { checkSize } from '../wire/edge-limits.ts';
import { giveBack } from './abandon.ts';
import { withAnyJournal } from './any-journal.ts';
import { type Journal, type JournalSubject, journalId, unansweredSince } from './journal.ts';
import { completeUpload, putPart } from './multipart.ts';
import { openUpload } from './open-upload.ts';
import { type Begun, fingerprint, goOn, missing, totalSize, type Wanted } from './resume.ts';
import { tryAbortUnanswered } from './unanswered.ts';

export interface InParts {
  readonly file: SourceFile;
  /** Absolute. */
  readonly path: string;
  readonly upload: Upload & {
    /** Told how many bytes need not be sent because the store has them already. */
    readonly onFound: (bytes: number) => void;
  };
  readonly plan: Plan;
  /** The part size was asked for: an upload begun with another starts anew. */
  readonly partSizeAsked: boolean;
}

/** Uploads that are begun before one that vanishes, or meets another of the same key, is reported. */
const GONE_BEGINS = 2;
const CONFLICT_BEGINS = 3;

/** Failures after which the same upload cannot go on: what the store has of it is taken away. */
const HOPELESS: ReadonlySet<ErrorCode> = new Set([
  'file_changed',
  'bytes_differ',
  'exists',
  'too_large',
  'bad_key',
]);

/**
 * Stores a file by an S3 multipart upload, going on with one that an earlier run began. What was stored stays stored and
 * written down until the whole is proved, so that any end but a finished one can be gone on from.
 * @throws {UserError}
 */
export async function putInParts(work: InParts, tools: Tools): Promise<Stored> {
  const { file, path, upload } = work;
  const { edge } = tools;
  const subject = { url: edge.url, key: upload.key, path };
  return withAnyJournal(subject, tools, async (journal) => {
    const wanted = await fingerprint(work, tools);
    let since = unansweredSince(journal.recorded);
    let begun = await goOn(journal, wanted, work, tools);
    for (let begins = 1; ; begins += 1) {
      begun ??= await begin(journal, { wanted, since }, work, tools);
      try {
        const stored = await finish(begun, journal, work, tools);
        await journal.remove();
        return stored;
      } catch (error) {
        const again = begins < (error instanceof UploadConflict ? CONFLICT_BEGINS : GONE_BEGINS);
        if ((error instanceof UploadGone || error instanceof UploadConflict) && again) {
          if (error instanceof UploadConflict) await giveBack({ key: upload.key, ...begun }, journal, tools);
          upload.onFound(-totalSize(begun.parts));
          since = begun.unansweredSince;
          begun = undefined;
          continue;
        }
        const hopeless = !journal.isKept() || (isUserError(error) && HOPELESS.has(error.code));
        if (hopeless) await giveBack({ key: upload.key, ...begun }, journal, tools);
        throw hopeless ? error : withProgress(error, begun, { subject, size: file.size });
      }
    }
  });
}

async function begin(
  journal: Journal,
  { wanted, since }: { wanted: Wanted; since: string | undefined },
  { file, upload, plan }: InParts,
  tools: Tools,
): Promise<Begun> {
  const entry = { ...wanted, startedAt: since ?? tools.now().toISOString() };
  const check = async () => checkSize(file.name, wanted.size, await tools.limits.current());
  const opened = await openUpload(journal, { upload, entry, unanswered: since !== undefined, check }, tools);
  return { ...opened, plan, parts: new Map(), foundBytes: 0 };
}

/** Sends what is missing, and has the store put the whole together. */
async function finish(
  { open, plan, parts, foundBytes, unansweredSince: since, perhapsDone = false }: Begun,
  journal: Journal,
  { file, upload }: InParts,
  tools: Tools,
): Promise<Stored> {
  const { edge, digester, rings, pool, lanes, signal } = tools;
  const { algorithm } = digester;
  let attempts = 1;
  let failed = false;
  const send = async (part: Part, lane: Lane) => {
    if (signal.aborted) throw interrupted();
    const onSent = (bytes: number) => {
      lane.moved(bytes);
      upload.onSent(bytes);
    };
    const sent = await withStretch(file, part, { digester, rings }, (stretch) =>
      putPart(edge, open, part.number, inTurn(stretch, lane), { algorithm, onSent }),
    );
    parts.set(part.number, sent.part);
    attempts = Math.max(attempts, sent.attempts);
    await journal.add(sent.part);
  };
  await forEachAtOnce(missing(plan, file.size, parts), pool.size, (part) =>
    lanes.run(plan.partSize, async (lane) => {
      // One that waited while another failed is not begun.
      if (failed) return;
      await pool
        .run(() => send(part, lane))
        .catch((error: unknown) => {
          failed = true;
          throw error;
        });
    }),
  );
  file.checkUnchanged();
  const inOrder = [...parts.values()].sort((a, b) => a.number - b.number);
  const { key, noClobber } = upload;
  if (since !== undefined) {
    await pool.run(() => tryAbortUnanswered(edge, { key, since, instead: open }, tools));
  }
  const done = await pool
    .run(() => completeUpload(edge, open, inOrder, { algorithm, noClobber }))
    .catch((error: unknown) => {
      throw perhapsDone && isUserError(error) && error.code === 'exists' ? perhapsOurs(key) : error;
    });
  return { ...done, bytes: file.size, parts: plan.parts, attempts, resumedBytes: foundBytes };
}

function inTurn(stretch: Stretch, { turn }: Lane): Stretch {
  async function* open() {
    for await (const chunk of stretch.open()) {
      await turn();
      yield chunk;
    }
  }
  return { ...stretch, open };
}

/** Says what can be gone on from. */
function withProgress(
  error: unknown,
  { parts }: Begun,
  { subject, size }: { subject: JournalSubject; size: number },
): unknown {
  if (!isUserError(error) || error instanceof UploadGone) return error;
  const stored = totalSize(parts);
  // With every part there, it is these parts that the store refused to put together.
  const refused = error.code === 'refused_by_store' && stored === size;
  const hint = refused
    ? `All parts are stored, and the same command tries once more. If that fails too, begin anew after: edge-upload uploads abort ${journalId(subject)}`
    : `${formatBytes(stored)} of ${formatBytes(size)} are stored; the same command resumes from there.`;
  return new UserError(error.code, error.message, {
    hint: [...error.hintLines, hint],
    cause: error,
  });
}
