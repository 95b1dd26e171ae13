import { keyProblem } from '../../protocol/key-rules.ts';
import type { Caller } from './caller.ts';
import { UploadError } from './upload-error.ts';

/** A file that was chosen. */
export interface PickedFile {
  readonly file: File;
  /** With the folders that were chosen with it, such as `photos/2026/a.jpg`; a file alone: its name. */
  readonly path: string;
  /** Set for a file or folder that the browser lists and cannot open: `file` is empty. */
  readonly unreadable?: true;
}

/** A file with the key under which it is stored, or the reason why it cannot be. */
export interface PlacedFile extends PickedFile {
  readonly key: string;
  readonly error?: UploadError;
}

export interface PlaceOptions {
  readonly caller: Pick<Caller, 'key' | 'writeTo'>;
  /** Put before each path; mostly one of the prefixes that the caller can write. */
  readonly prefix: string;
  /** Keys of files that were chosen before. */
  readonly taken: Iterable<string>;
}

/** Browsers give folders with `/` on every system; some begin paths with one. */
function normalised(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/** Returns the keys of files that were chosen: a link's own key, or the prefix and the path. */
export function placeFiles(
  picked: readonly PickedFile[],
  { caller, prefix, taken }: PlaceOptions,
): readonly PlacedFile[] {
  const keys = new Set(taken);
  return picked.map((one) => {
    const key = caller.key ?? prefix + normalised(one.path);
    const error = one.unreadable
      ? new UploadError('file_unreadable', `“${one.path}” cannot be opened.`)
      : refusal(key, caller, keys);
    if (error !== undefined) return { ...one, key, error };
    keys.add(key);
    return { ...one, key };
  });
}

function refusal(
  key: string,
  { writeTo }: Pick<Caller, 'writeTo'>,
  taken: ReadonlySet<string>,
): UploadError | undefined {
  const problem = keyProblem(key);
  if (problem !== undefined) return new UploadError('bad_key', `“${key}” ${problem}.`);
  if (!writeTo.some((prefix) => key.startsWith(prefix))) {
    return new UploadError('forbidden', `You are not allowed to write “${key}”.`);
  }
  return taken.has(key)
    ? new UploadError('clash', `Another chosen file would be stored as “${key}” too.`)
    : undefined;
}
