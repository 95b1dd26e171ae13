import type { ErrorCode } from '../errors.ts';

/** What an error of one file means beyond that file. */
interface Effect {
  /** The edge, or the store behind it, answered; so it is there. */
  readonly answered?: true;
  /** The file may fit where the edge allows keys and sizes now; what it allowed before may be outdated. */
  readonly file?: 'place again';
  /** `stop`: later files would fail too, so they are not tried. `stop unanswered`: so too unless the edge answered. */
  readonly run?: 'stop' | 'stop unanswered';
  /** The multipart upload cannot be finished; otherwise it is kept, to be resumed. */
  readonly upload?: 'abort';
}

/** Codes that are not listed mean nothing beyond their file. */
const EFFECTS: Partial<Record<ErrorCode, Effect>> = {
  bad_key: { answered: true, file: 'place again', upload: 'abort' },
  bytes_differ: { answered: true, upload: 'abort' },
  exists: { answered: true, upload: 'abort' },
  file_changed: { upload: 'abort' },
  forbidden: { answered: true, file: 'place again' },
  gave_up: { answered: true },
  not_an_edge: { run: 'stop unanswered' },
  not_signed_in: { run: 'stop' },
  refused_by_edge: { answered: true },
  refused_by_store: { answered: true },
  sign_in_refused: { run: 'stop' },
  tls: { run: 'stop unanswered' },
  token_refused: { run: 'stop' },
  too_large: { answered: true, file: 'place again', upload: 'abort' },
  unreachable: { run: 'stop unanswered' },
};

/** Returns what an error of one file means for the file, for the run and for the file's multipart upload. */
export function effectOf(code: ErrorCode): Effect {
  return EFFECTS[code] ?? {};
}
