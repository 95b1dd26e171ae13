import { command, type HintLine } from '../command-line.ts';
import type { Context, Result } from '../context.ts';
import { EXIT, type ExitCode, isUserError, UserError } from '../errors.ts';
import { loginCommand } from '../identity/sign-in/username.ts';
import { tokenSource } from '../identity/tokens/token-source.ts';
import { withDispatcher } from '../network/dispatcher.ts';
import { journalFolder } from '../settings/folders.ts';
import { resolveTarget } from '../settings/target.ts';
import { abortRecorded } from '../transfer/multipart/abort.ts';
import { journalId, withJournal } from '../transfer/multipart/journal.ts';
import {
  isOfStream,
  type JournalSubject,
  type Recorded,
  totalSize,
} from '../transfer/multipart/journal-entry.ts';
import { listJournals } from '../transfer/multipart/journals.ts';
import { connectEdge } from '../transfer/wire/edge-client.ts';
import { count, formatBytes, formatMinute } from '../ui/format.ts';
import { tableLines } from '../ui/table-lines.ts';

/** An unfinished upload as `uploads list` shows it. Sizes are in bytes, and absent for a stream. */
type Unfinished = {
  readonly id: string;
  readonly file: string;
  readonly key: string;
  readonly url: string;
  readonly bytes?: number;
  readonly storedBytes?: number;
  readonly startedAt: string;
};

function describe({ entry, parts }: Recorded): Unfinished {
  const { url, key, path, size, startedAt } = entry;
  const id = journalId(entry);
  if (isOfStream(entry)) return { id, file: 'standard input', key, url, startedAt };
  return { id, file: path, key, url, bytes: size, storedBytes: totalSize(parts), startedAt };
}

/** Characters of an id that `uploads list` shows. `uploads abort` takes the beginning of an id. */
const SHORT_ID = 8;

function row(
  { id, file, key, url, bytes, storedBytes = 0, startedAt }: Unfinished,
  verbose: boolean,
): string[] {
  return [
    verbose ? id : id.slice(0, SHORT_ID),
    formatMinute(startedAt),
    bytes === undefined ? '' : formatBytes(storedBytes),
    bytes === undefined ? '' : formatBytes(bytes),
    verbose ? `${url}/${key}` : key,
    bytes === undefined ? `${file} (cannot be resumed)` : file,
  ];
}

export interface ListArgs {
  /** Shows whole ids and addresses. */
  readonly verbose?: boolean;
}

/** `edge-upload uploads list`: shows the unfinished multipart uploads of this computer. */
export async function list(context: Context, { verbose = false }: ListArgs = {}): Promise<Result> {
  const uploads = (await known(context)).map(describe);
  if (uploads.length === 0) return { document: { uploads }, text: 'There are no unfinished uploads.' };
  const header = ['Id', 'Started (UTC)', 'Stored', 'Size', verbose ? 'Address' : 'Key', 'File'];
  const rows = uploads.map((upload) => row(upload, verbose));
  return {
    document: { uploads },
    text: [
      ...tableLines(header, rows, { right: [2, 3] }),
      '',
      'To resume an upload, repeat its put command. To abort it:',
      command`edge-upload uploads abort <id>`,
    ],
  };
}

function known(context: Context): Promise<readonly Recorded[]> {
  return listJournals(journalFolder(context), ({ message, hintLines }) => {
    context.ui.event({ type: 'warning', text: [message, ...hintLines] });
  });
}

export interface AbortArgs {
  /** As `uploads list` shows them; the first characters are enough. */
  readonly ids: readonly string[];
  readonly all?: boolean;
  /** Only delete their journals. */
  readonly forget?: boolean;
}

/** `edge-upload uploads abort`: aborts unfinished uploads at the store, and deletes their journals. */
export async function abort(
  context: Context,
  { ids, all = false, forget = false }: AbortArgs,
): Promise<Result> {
  // An empty id comes from a variable that is not set.
  if (ids.includes('') || (ids.length === 0 && !all)) {
    throw new UserError('usage', 'The id of an upload is missing.', {
      hint: [
        'Give its id, or abort all uploads with --all. To list the ids:',
        command`edge-upload uploads list`,
      ],
    });
  }
  const unfinished = await known(context);
  const chosen = all && ids.length === 0 ? unfinished : new Set(ids.map((id) => pick(unfinished, id)));
  return abortResult(await abortEach(context, chosen, { forget, all: ids.length === 0 }), forget);
}

/** The results of aborting uploads. */
interface Ended {
  readonly aborted: string[];
  readonly skipped: { id: string; url: string }[];
  readonly failures: { id: string; code: string; message: string }[];
  exitCode: ExitCode;
}

/** Aborts uploads until Ctrl-C. */
async function abortEach(
  context: Context,
  uploads: Iterable<Recorded>,
  { forget, all }: Required<Omit<AbortArgs, 'ids'>>,
): Promise<Ended> {
  const ended: Ended = { aborted: [], skipped: [], failures: [], exitCode: EXIT.done };
  for (const { entry } of uploads) {
    const id = journalId(entry);
    try {
      if (forget) await forgetOne(context, entry);
      else await abortOne(context, entry);
      ended.aborted.push(id);
    } catch (error) {
      if (!isUserError(error)) throw error;
      const { code, message, exitCode } = error;
      if (code === 'interrupted') return { ...ended, exitCode };
      // A credential is for one edge. Uploads at other edges are aborted once the user signs in there.
      if (code === 'not_signed_in' && all) {
        ended.skipped.push({ id, url: entry.url });
        continue;
      }
      if (ended.exitCode === EXIT.done) ended.exitCode = exitCode;
      ended.failures.push({ id, code, message });
    }
  }
  return ended;
}

function abortResult({ aborted, skipped, failures, exitCode }: Ended, forget: boolean): Result {
  const isInterrupted = exitCode === EXIT.interrupted;
  const lines: HintLine[] = isInterrupted ? [...aborted] : [];
  lines.push(...failures.map(({ id, message }) => `${id}: ${message}`));
  for (const { id, url } of skipped) lines.push(`Skipped ${id}. To abort it, sign in:`, loginCommand(url));
  if (failures.some(({ code }) => code !== 'busy'))
    lines.push('If the edge no longer exists:', command`edge-upload uploads abort --forget <id>`);
  if (isInterrupted) lines.push('To list the other uploads:', command`edge-upload uploads list`);
  const done = `${count(aborted.length, 'upload')} ${forget ? 'forgotten' : 'aborted'}`;
  return {
    document: {
      aborted,
      ...(skipped.length > 0 && { skipped }),
      failures,
      ...(isInterrupted && { interrupted: true }),
    },
    text: [
      {
        mark: exitCode === EXIT.done ? 'done' : 'failed',
        text: isInterrupted ? `Interrupted: ${done}` : done,
      },
      ...lines,
    ],
    ...(exitCode !== EXIT.done && { exitCode }),
  };
}

/** Deletes only the journal: the edge may no longer exist, and the bucket's lifecycle rule aborts the upload. */
async function forgetOne(context: Context, subject: JournalSubject): Promise<void> {
  await withJournal(journalFolder(context), subject, context.signal, ({ remove }) => remove());
}

function pick(unfinished: readonly Recorded[], id: string): Recorded {
  const matching = unfinished.filter(({ entry }) => journalId(entry).startsWith(id.toLowerCase()));
  const [one, ...others] = matching;
  if (one !== undefined && others.length === 0) return one;
  const hint = ['Show them with:', command`edge-upload uploads list`];
  if (one === undefined) throw new UserError('not_found', `There is no unfinished upload “${id}”.`, { hint });
  throw new UserError('usage', `“${id}” is the beginning of ${matching.length} ids.`, { hint });
}

async function abortOne(context: Context, subject: JournalSubject): Promise<void> {
  const { env, sent, now, signal } = context;
  const target = await resolveTarget(context, subject.url);
  await withDispatcher({ env, sent, local: target.deployment?.local }, async (dispatcher) => {
    const tokens = tokenSource(context, target);
    const { edge } = connectEdge(context, { url: target.url, dispatcher, tokens });
    const warn = (text: string) => context.ui.event({ type: 'warning', text });
    await abortRecorded(journalFolder(context), subject, { edge, now, signal, warn });
  });
}
