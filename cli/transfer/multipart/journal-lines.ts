import { keyProblem } from '../../../protocol/key-rules.ts';
import { UserError } from '../../errors.ts';
import { shellWord } from '../../ui/shell-word.ts';
import { MAX_OBJECT, MAX_PART, MAX_PARTS } from '../plan.ts';
import { ALGORITHMS } from '../proof/digests.ts';
import { readEtag } from '../proof/integrity.ts';
import type { JournalEntry, Opened, Recorded } from './journal.ts';
import { isUploadId, type StoredPart } from './multipart.ts';

export const FORMAT = 2;
/** Written when the upload was open already, with its id in the first line. */
const OLD_FORMAT = 1;

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown, least: number, most: number) =>
  Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

function isOrigin(value: unknown): value is string {
  return isText(value) && /^https?:\/\/[^/]+$/.test(value) && URL.canParse(value);
}

function isEntry(line: Fields): line is Fields & JournalEntry {
  const { url, key, path, partSize, algorithm, size, mtimeNs, inode, sample, headers, startedAt } = line;
  return (
    isOrigin(url) &&
    isText(key) &&
    keyProblem(key) === undefined &&
    [path, mtimeNs, inode, sample, headers].every(isText) &&
    ALGORITHMS.some((known) => known === algorithm) &&
    isCount(partSize, 1, MAX_PART) &&
    isCount(size, 0, MAX_OBJECT) &&
    Number(size) <= Number(partSize) * MAX_PARTS &&
    isText(startedAt) &&
    !Number.isNaN(Date.parse(startedAt))
  );
}

function isOpened(line: unknown): line is Opened {
  return isFields(line) && isUploadId(line.uploadId) && typeof line.unanswered === 'boolean';
}

function isPart(line: unknown): line is StoredPart {
  return (
    isFields(line) &&
    isCount(line.number, 1, MAX_PARTS) &&
    isCount(line.size, 0, MAX_PART) &&
    isText(line.etag) &&
    readEtag(line.etag) === line.etag &&
    isText(line.checksum) &&
    /^[\w+/]{1,128}={0,2}$/.test(line.checksum)
  );
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The torn last line of a run that was killed, or the nothing behind the last line break.
    return undefined;
  }
}

/**
 * Reads the lines of a journal; `undefined` for a file that is none, of another version, or damaged in its first line. Other
 * lines that are not sound are passed over: what they said is asked of the store again.
 */
export function parseJournal(text: string): Recorded | undefined {
  const [first, ...lines] = text.split('\n').map(parseLine);
  if (!isFields(first)) return undefined;
  const { format, uploadId, ...entry } = first;
  if (!(format === FORMAT || format === OLD_FORMAT) || !isEntry(entry)) return undefined;
  if (uploadId !== undefined && !isUploadId(uploadId)) return undefined;
  const parts = lines.filter(isPart).map((part) => [part.number, part] as const);
  const opened = uploadId === undefined ? lines.find(isOpened) : { uploadId, unanswered: false };
  return { entry, opened, parts: new Map(parts) };
}

/** A file in the folder of journals that is none. */
export function noJournal(path: string): UserError {
  return new UserError(
    'settings',
    `${path} is not a journal of an upload, or was written by another version.`,
    {
      hint: ['What it may stand for is not resumed. Delete it:', `  rm ${shellWord(path)}`],
    },
  );
}
