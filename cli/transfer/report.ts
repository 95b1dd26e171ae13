import { omitUndefined } from '../../protocol/fields.ts';
import { encodeKey } from '../../protocol/object-url.ts';
import type { InUse } from '../command-line.ts';
import type { Result } from '../context.ts';
import { EXIT, type ExitCode, type UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import type { UiEvent } from '../ui/events.ts';
import { count, formatBytes, formatDuration } from '../ui/format.ts';
import { type PrintedLine, type Text, visible } from '../ui/shown.ts';
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
  item: Item,
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

interface ReportOptions {
  /** Milliseconds of a clock that only advances. */
  readonly now: () => number;
  readonly inUse: InUse;
  /** The sum includes unchanged files, even if there are none. */
  readonly countsUnchanged?: boolean;
  /** The sum includes time and rate. */
  readonly hasRate?: boolean;
}

/** A line for each file as it ends, and the sum at the end. */
export class UploadReport {
  readonly #edgeUrl: string;
  readonly #options: ReportOptions;
  readonly #began: number;
  readonly #failures: { readonly item: Item; readonly error: UserError }[] = [];
  /** Hints that were shown, by text. Each is shown once, below the first file that it is for. */
  readonly #hinted = new Map<string, readonly string[]>();
  #stored = 0;
  #bytes = 0;
  #resumedBytes = 0;
  #failed = 0;
  #unchanged = 0;
  #exitCode: ExitCode = EXIT.done;

  /**
   * Its time begins now.
   * @param edgeUrl `https://<host>[:port]`
   */
  constructor(edgeUrl: string, options: ReportOptions) {
    this.#edgeUrl = edgeUrl;
    this.#options = options;
    this.#began = options.now();
  }

  add(outcome: Ended): UiEvent {
    const { item, result } = outcome;
    if ('error' in result) return this.#addFailure(item, result.error);
    this.#stored += 1;
    this.#bytes += result.stored.bytes;
    this.#resumedBytes += result.stored.resumedBytes;
    return storedRow(outcome, result.stored, this.#edgeUrl);
  }

  #addFailure(item: Item, error: UserError): UiEvent {
    const { inUse } = this.#options;
    this.#failed += 1;
    if (this.#exitCode === EXIT.done) this.#exitCode = error.exitCode;
    if (this.#failures.length < NAMED_FAILURES) this.#failures.push({ item, error });
    const lines = inUse.lines(error.hintLines);
    const hint = lines.join('\n');
    const hints = this.#hinted.has(hint) ? [] : lines;
    if (hints.length > 0) this.#hinted.set(hint, hints);
    return failedRow(item, error, this.#edgeUrl, hints, inUse);
  }

  /** Counts a file that was stored before and is not sent. */
  addUnchanged(): void {
    this.#unchanged += 1;
  }

  /** Returns the sum of an upload that ended early. */
  soFar(): UiEvent {
    const seconds = this.#seconds();
    return { type: 'row', text: this.#text(seconds), document: this.#document(seconds) };
  }

  result(): Result {
    const seconds = this.#seconds();
    const hasText = this.#stored + this.#failed > 1 || this.#options.countsUnchanged;
    return {
      document: this.#document(seconds),
      ...(hasText && { text: this.#text(seconds) }),
      ...(this.#exitCode !== EXIT.done && { exitCode: this.#exitCode }),
    };
  }

  #seconds(): number {
    return (this.#options.now() - this.#began) / 1000;
  }

  /** Returns the failures, if there are many files, and then the sum, which is the last line. */
  #text(seconds: number): Text {
    const sum = this.#sum(seconds);
    if (this.#failed === 0 || this.#stored + this.#failed <= FEW_FILES) return sum;
    // The rows of the failures may have scrolled off the screen.
    const names = this.#failures.map(({ item, error }) => `  ${visible(item.name)} (${error.code})`);
    const others = this.#failed - this.#failures.length;
    const more = others > 0 ? [`  and ${count(others, 'other')}`] : [];
    return ['Failed:', ...names, ...more, ...[...this.#hinted.values()].flat(), sum];
  }

  #sum(seconds: number): PrintedLine {
    const { countsUnchanged = false, hasRate = true } = this.#options;
    const failed = this.#failed === 0 ? '' : `, ${this.#failed.toLocaleString('en-US')} failed`;
    const unchanged = countsUnchanged ? `, ${this.#unchanged.toLocaleString('en-US')} unchanged` : '';
    const files = `${this.#stored.toLocaleString('en-US')} stored${failed}${unchanged}`;
    if (this.#stored === 0) return files;
    const sent = this.#bytes - this.#resumedBytes;
    const rate = seconds > 0 && sent > 0 ? ` (${formatBytes(sent / seconds)}/s)` : '';
    const time = hasRate ? ` in ${formatDuration(seconds * 1000)}${rate}` : '';
    return { head: `${files}  `, text: `${formatBytes(this.#bytes)}${time}` };
  }

  #document(seconds: number): Document {
    return {
      type: 'summary',
      url: this.#edgeUrl,
      files: this.#stored + this.#failed,
      stored: this.#stored,
      failed: this.#failed,
      ...(this.#options.countsUnchanged && { unchanged: this.#unchanged }),
      bytes: this.#bytes,
      resumedBytes: this.#resumedBytes,
      seconds: Math.round(seconds * 1000) / 1000,
      failures: this.#failures.map(({ item, error }) => ({
        file: item.name,
        key: item.key,
        code: error.code,
      })),
    };
  }
}
