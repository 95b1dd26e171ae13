import { DESCRIPTION_KEY } from '../../protocol/object-url.ts';
import { type ErrorCode, isUserError, systemCode, type UserError } from '../errors.ts';
import { orInterrupted } from '../network/cancellation.ts';
import { NO_DESCRIPTOR } from '../settings/disk-errors.ts';
import type { EdgeClient } from './wire/edge-client.ts';

/** The effects of one file's error on other files. */
interface Effect {
  /** The edge, or the store behind it, responded, so it is reachable. */
  readonly answered?: true;
  /** The remembered limits may be outdated; the file may be allowed under the current ones. */
  readonly file?: 'place again';
  /**
   * `stop`: later files would fail too, so they are not tried. `stop unanswered`: the same, unless the edge responds to
   * others.
   */
  readonly run?: 'stop' | 'stop unanswered';
  /** The multipart upload cannot be finished; otherwise it is kept, to be resumed. */
  readonly upload?: 'abort';
}

/** Codes that are not listed affect only their file. */
const EFFECTS: Partial<Record<ErrorCode, Effect>> = {
  bad_key: { answered: true, file: 'place again', upload: 'abort' },
  bytes_differ: { answered: true, upload: 'abort' },
  exists: { answered: true, upload: 'abort' },
  file_changed: { upload: 'abort' },
  forbidden: { answered: true, file: 'place again' },
  gave_up: { answered: true, run: 'stop unanswered' },
  not_an_edge: { run: 'stop unanswered' },
  not_signed_in: { run: 'stop' },
  refused_by_edge: { answered: true },
  refused_by_store: { answered: true },
  sign_in_refused: { run: 'stop' },
  throttled: { run: 'stop unanswered' },
  tls: { run: 'stop unanswered' },
  token_refused: { run: 'stop' },
  too_large: { answered: true, file: 'place again', upload: 'abort' },
  unreachable: { run: 'stop unanswered' },
};

/** Returns the effects of one file's error on the file, the run and the file's multipart upload. */
export function effectOf(code: ErrorCode): Effect {
  return EFFECTS[code] ?? {};
}

/** Number of first files without a response after which the others are not tried. */
const UNANSWERED_FILES = 2;

/** Returns whether the edge responds to a short request, which is retried for a few seconds. */
async function isReachable(edge: EdgeClient): Promise<boolean> {
  try {
    await edge.request({ method: 'GET', key: DESCRIPTION_KEY, subject: edge.url }, () => undefined);
    return true;
  } catch (error) {
    if (!isUserError(error)) throw error;
    return effectOf(error.code).run === undefined;
  }
}

/** Decides whether a run of several files tries the next one. */
interface RunState {
  stored(): void;
  failed(error: UserError): void;
  /**
   * Returns the error that ended the run, if one did. After an upload was given up, asks the edge first, because the network
   * may have failed for all.
   * @throws {UserError} `interrupted`
   */
  check(): Promise<UserError | undefined>;
}

/** @param edge client for short requests */
export function createRunState(edge: EdgeClient, signal: AbortSignal): RunState {
  let stopped: UserError | undefined;
  let answered = false;
  let unanswered = 0;
  /** The error of an upload that was given up, if nothing was stored after it. */
  let lost: UserError | undefined;
  let asked: Promise<boolean> | undefined;
  return {
    stored() {
      answered = true;
      lost = undefined;
    },
    failed(error) {
      const { answered: isAnswered, run } = effectOf(error.code);
      if (isAnswered) answered = true;
      // Each file would wait as long for a descriptor.
      if (run === 'stop' || NO_DESCRIPTOR.has(systemCode(error))) stopped ??= error;
      if (run !== 'stop unanswered') return;
      unanswered += 1;
      if (answered) lost ??= error;
      else if (unanswered >= UNANSWERED_FILES) stopped ??= error;
    },
    async check() {
      const error = lost;
      if (stopped !== undefined || error === undefined) return stopped;
      asked ??= isReachable(edge).finally(() => {
        asked = undefined;
      });
      // Neither, if a file was stored meanwhile.
      if (!(await orInterrupted(asked, signal)) && lost === error) stopped ??= error;
      else if (lost === error) lost = undefined;
      return stopped;
    },
  };
}
