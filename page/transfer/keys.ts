import { keyProblem } from '../../protocol/object-url.ts';
import type { Caller } from './caller.ts';
import { UploadError } from './upload-error.ts';

/** A file that was chosen. */
export interface PickedFile {
  readonly file: File;
  /** Path with the folders that were chosen, such as `photos/2026/a.jpg`. For a single file, its name. */
  readonly path: string;
  /** Set for a file or folder that the browser lists but cannot open. `file` is then empty. */
  readonly unreadable?: true;
}

/** A file with its key, or with the reason why it cannot be stored. */
export interface PlacedFile extends PickedFile {
  readonly key: string;
  readonly error?: UploadError;
}

export interface PlaceOptions {
  readonly caller: Pick<Caller, 'key' | 'writeTo'>;
  /** Put in front of each path. Usually one of the prefixes that the caller can write. */
  readonly prefix: string;
  /** Keys of files that were chosen earlier. */
  readonly taken: Iterable<string>;
}

/** Removes a leading slash, which some browsers put in front of paths. Every browser separates folders with `/`. */
function normalised(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

/**
 * Returns the path of a copy: `a.jpg` becomes `a (2).jpg`, and `a (2).jpg` becomes `a (3).jpg`. The number comes before
 * the extension, as in file managers.
 */
export function nextName(path: string): string {
  const [, stem = path, number = '1', extension = ''] =
    /^(.*?[^/])(?: \((\d{1,4})\))?(\.[^./]+)?$/s.exec(path) ?? [];
  return `${stem} (${Number(number) + 1})${extension}`;
}

/** Returns the keys of chosen files: a link's own key, or the prefix and the path. */
export function placeFiles(
  picked: readonly PickedFile[],
  { caller, prefix, taken }: PlaceOptions,
): readonly PlacedFile[] {
  const keys = new Set(taken);
  return picked.map((one) => {
    const key = caller.key ?? prefix + normalised(one.path);
    const error = one.unreadable ? new UploadError('file_unreadable') : refusal(key, caller, keys);
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
  if (keyProblem(key) !== undefined) return new UploadError('bad_key');
  if (!writeTo.some((prefix) => key.startsWith(prefix))) return new UploadError('forbidden');
  return taken.has(key) ? new UploadError('clash') : undefined;
}
