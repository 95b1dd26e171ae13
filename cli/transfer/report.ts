import { omitUndefined } from '../../protocol/fields.ts';
import { encodeKey } from '../../protocol/object-url.ts';
import type { InUse } from '../command-line.ts';
import type { Result } from '../context.ts';
import { EXIT, type ExitCode, type UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import type { UiEvent } from '../ui/events.ts';
import { count, formatBytes, formatDuration } from '../ui/format.ts';
import { type Text, visible } from '../ui/shown.ts';
import type { Stored } from './put-object.ts';
import type { Item } from './sources/items.ts';

/** The result of one file's upload. */
export interface Outcome {
  /** Under the key that the edge allows. */
  readonly item: Item;
  readonly seconds: number;
  readonly result: { readonly stored: Stored } | { readonly error: UserError } | { readonly unchanged: true };
}

/** Failures that the summary names; it counts the others. Each was a row when it happened. */
const NAMED_FAILURES = 100;

/** Number of files up to which the line of each is still visible at the end. */
const FEW_FILES = 20;

type Document = { [name: string]: JsonValue | undefined };

function errorDocument(error: UserError, inUse: InUse): Document {
  const { code, message } = error;
  const hint = error.hintFor(inUse);
  return { code, message, ...omitUndefined({ hint }) };
}

function identity({ name, key }: Item, edgeUrl: string): Document {
  return { type: 'file', file: name, key, url: `${edgeUrl}/${encodeKey(key)}` };
}

type Ended = Omit<Outcome, 'result'> & {
  readonly result: Exclude<Outcome['result'], { readonly unchanged: true }>;
};

function storedRow({ item, seconds }: Omit<Outcome, 'result'>, stored: Stored, edgeUrl: string): UiEvent {
  const { bytes, etag, proof, parts, attempts, resumedBytes } = stored;
  return {
    type: 'row',
    text: { mark: 'done', text: `Stored ${visible(item.key)}  ${formatBytes(bytes)}` },
    document: Object.assign(identity(item, edgeUrl), {
      bytes,
      etag,
      checksum: { [proof.algorithm]: proof.value },
      parts,
      attempts,
      resumedBytes,
      seconds: Math.round(seconds * 1000) / 1000,
    }),
  };
}

function failedRow(
  { item }: Pick<Outcome, 'item'>,
  error: UserError,
  edgeUrl: string,
  hints: readonly string[],
  inUse: InUse,
): UiEvent {
  const { message } = error;
  // Most messages name the file.
  const isNamed = message.includes(item.name) || message.includes(item.key);
  const text = visible(isNamed ? message : `${item.key}: ${message}`);
  return {
    type: 'row',
    text: [{ mark: 'failed', text, plain: `Failed: ${text}` }, ...hints.map((hint) => `  ${hint}`)],
    document: { ...identity(item, edgeUrl), error: errorDocument(error, inUse) },
  };
}

/** Prints a line for each file as it ends, and the sum at the end. */
export interface Report {
  add(outcome: Ended): UiEvent;
  /** Counts a file that was stored before and is not sent. */
  addUnchanged(): void;
  result(): Result;
  /** The sum of an upload that ended early. */
  soFar(): UiEvent;
}

interface ReportOptions {
  /** Milliseconds of a clock that only advances. */
  readonly now: () => number;
  readonly inUse: InUse;
  /** The sum includes unchanged files, even if there are none. */
  readonly countsUnchanged?: boolean;
  /** The sum includes time and rate. */
  readonly hasRate?: boolean;
}

/**
 * Creates a report, whose time begins now.
 * @param edgeUrl `https://<host>[:port]`
 */
export function createReport(
  edgeUrl: string,
  { now, inUse, countsUnchanged = false, hasRate = true }: ReportOptions,
): Report {
  const began = now();
  const elapsed = () => (now() - began) / 1000;
  const failures: { readonly item: Item; readonly error: UserError }[] = [];
  /** Hints that were shown, by text. Each is shown once, below the first file that it is for. */
  const hinted = new Map<string, readonly string[]>();
  let stored = 0;
  let bytes = 0;
  let resumedBytes = 0;
  let failed = 0;
  let unchanged = 0;
  let exitCode: ExitCode = EXIT.done;

  /** The sum is the last line. */
  const text = (seconds: number): Text => {
    const rate = seconds > 0 ? ` (${formatBytes((bytes - resumedBytes) / seconds)}/s)` : '';
    const known = countsUnchanged ? `, ${unchanged.toLocaleString('en-US')} unchanged` : '';
    const files = `${stored.toLocaleString('en-US')} stored${failed === 0 ? '' : `, ${failed.toLocaleString('en-US')} failed`}${known}`;
    const time = hasRate ? ` in ${formatDuration(seconds * 1000)}${rate}` : '';
    const sum = stored === 0 ? files : `${files}  ${formatBytes(bytes)}${time}`;
    if (failed === 0 || stored + failed <= FEW_FILES) return sum;
    // The rows of the failures may have scrolled off the screen.
    const names = failures.map(({ item, error }) => `  ${visible(item.name)} (${error.code})`);
    const more = failed > failures.length ? [`  and ${count(failed - failures.length, 'other')}`] : [];
    return ['Failed:', ...names, ...more, ...[...hinted.values()].flat(), sum];
  };

  const document = (seconds: number): Document => ({
    type: 'summary',
    url: edgeUrl,
    files: stored + failed,
    stored,
    failed,
    ...(countsUnchanged && { unchanged }),
    bytes,
    resumedBytes,
    seconds: Math.round(seconds * 1000) / 1000,
    failures: failures.map(({ item, error }) => ({ file: item.name, key: item.key, code: error.code })),
  });

  return {
    add(outcome) {
      const { item, result } = outcome;
      if ('stored' in result) {
        stored += 1;
        bytes += result.stored.bytes;
        resumedBytes += result.stored.resumedBytes;
        return storedRow(outcome, result.stored, edgeUrl);
      }
      failed += 1;
      if (exitCode === EXIT.done) exitCode = result.error.exitCode;
      if (failures.length < NAMED_FAILURES) failures.push({ item, error: result.error });
      const lines = inUse.lines(result.error.hintLines);
      const hint = lines.join('\n');
      const hints = hinted.has(hint) ? [] : lines;
      if (hints.length > 0) hinted.set(hint, hints);
      return failedRow(outcome, result.error, edgeUrl, hints, inUse);
    },
    addUnchanged() {
      unchanged += 1;
    },
    soFar() {
      const seconds = elapsed();
      return { type: 'row', text: text(seconds), document: document(seconds) };
    },
    result() {
      const seconds = elapsed();
      return {
        document: document(seconds),
        ...((stored + failed > 1 || countsUnchanged) && { text: text(seconds) }),
        ...(exitCode !== EXIT.done && { exitCode }),
      };
    },
  };
}
