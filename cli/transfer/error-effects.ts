import type { ErrorCode } from '../errors.ts';

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
