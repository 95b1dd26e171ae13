import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { encodeKey } from '../../protocol/percent-encode.ts';
import type { Result } from '../context.ts';
import { EXIT, type ExitCode, type UserError } from '../errors.ts';
import type { JsonValue } from '../json-value.ts';
import type { UiEvent } from '../ui/events.ts';
import { count, formatBytes, formatDuration, printableLine } from '../ui/format.ts';
import type { Text } from '../ui/shown.ts';
import type { Stored } from './put-object.ts';
import type { Outcome } from './run.ts';
import type { Item } from './sources/sources.ts';

/** Failures that the summary names; it counts the others. Each was a row when it happened. */
const NAMED_FAILURES = 100;

type Document = { [name: string]: JsonValue | undefined };

function errorDocument({ code, message, hint }: UserError): Document {
  return { code, message, ...omitUndefined({ hint }) };
}

function identity({ name, key }: Item, edgeUrl: string): Document {
  return { type: 'file', file: name, key, url: `${edgeUrl}/${encodeKey(key)}` };
}

function storedRow({ item, seconds }: Outcome, stored: Stored, edgeUrl: string): UiEvent {
  const { bytes, etag, proof, parts, attempts, resumedBytes } = stored;
  const columns = [formatBytes(bytes).padStart(9), formatDuration(seconds * 1000).padStart(8)].join(' ');
  return {
    type: 'row',
    text: `${columns}  ${printableLine(item.key)}`,
    document: {
      ...identity(item, edgeUrl),
      bytes,
      etag,
      checksum: { [proof.algorithm]: proof.value },
      parts,
      attempts,
      resumedBytes,
      seconds: Math.round(seconds * 1000) / 1000,
    },
  };
}

function failedRow({ item }: Outcome, error: UserError, edgeUrl: string): UiEvent {
  return {
    type: 'row',
    text: printableLine(`${'failed'.padStart(9)} ${''.padStart(8)}  ${item.key}: ${error.message}`),
    document: { ...identity(item, edgeUrl), error: errorDocument(error) },
  };
}

/** Turns outcomes into rows, and their sum into a result. */
export interface Report {
  add(outcome: Outcome): UiEvent;
  result(seconds: number): Result;
  /** The sum so far, of a run that ended early. */
  soFar(seconds: number): UiEvent;
}

/** @param edgeUrl `https://<host>[:port]` */
export function createReport(edgeUrl: string): Report {
  const failures: { readonly item: Item; readonly error: UserError }[] = [];
  let stored = 0;
  let bytes = 0;
  let resumedBytes = 0;
  let failed = 0;
  let exitCode: ExitCode = EXIT.done;

  const text = (seconds: number): Text => {
    const rate = seconds > 0 ? ` (${formatBytes((bytes - resumedBytes) / seconds)}/s)` : '';
    const done = `${count(stored, 'file')} stored, ${formatBytes(bytes)} in ${formatDuration(seconds * 1000)}${rate}`;
    if (failed === 0) return done;
    const names = failures.map(({ item, error }) => printableLine(`  ${item.name} (${error.code})`));
    const more = failed > failures.length ? [`  and ${count(failed - failures.length, 'other')}`] : [];
    const hints = new Set(failures.flatMap(({ error }) => error.hintLines));
    return [`${done}; ${failed} failed:`, ...names, ...more, ...hints];
  };

  const document = (seconds: number): Document => ({
    type: 'summary',
    url: edgeUrl,
    files: stored + failed,
    stored,
    failed,
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
      return failedRow(outcome, result.error, edgeUrl);
    },
    soFar: (seconds) => ({ type: 'row', text: text(seconds), document: document(seconds) }),
    result: (seconds) => ({
      document: document(seconds),
      ...(stored + failed > 1 ? { text: text(seconds) } : {}),
      ...(exitCode === EXIT.done ? {} : { exitCode }),
    }),
  };
}
