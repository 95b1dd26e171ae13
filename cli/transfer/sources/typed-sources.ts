import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';

/** What names the sources on the command line. */
export interface TypedSources {
  /** Paths as typed; `-` is standard input. A folder that ends in `/` stands for its content. */
  readonly files: readonly string[];
  /** The key of a single file, or what replaces the name of a single folder. */
  readonly as?: string;
  /** A file of paths, one a line; `-` is standard input. A path listed keeps its folders in its key. */
  readonly filesFrom?: string;
  /** NUL separates the paths of the list. */
  readonly null?: boolean;
}

/** @throws {UserError} `usage` where they do not go together, or name nothing. */
export function checkTyped({ files, as, filesFrom, null: nul = false }: TypedSources): void {
  if (nul && filesFrom === undefined) {
    throw new UserError('usage', '--null is used with --files-from only.', {
      hint: ['For instance:', command`find . -name "*.jpg" -print0 | edge-upload put --files-from - --null`],
    });
  }
  if (filesFrom !== undefined) {
    if (files.length > 0) throw new UserError('usage', '--files-from is not used with file names.');
    if (as !== undefined)
      throw new UserError('usage', '--as names one key, but --files-from names many files.');
    return;
  }
  if (files.includes('')) {
    throw new UserError('usage', 'One of the files has an empty name.', {
      hint: 'A shell variable may not be set.',
    });
  }
  if (files.length === 0) {
    throw new UserError('usage', 'There is no file to upload.', {
      hint: ['Name it:', command`edge-upload put <file…>`],
    });
  }
  if (as !== undefined && files.length > 1) {
    throw new UserError('usage', `--as names one key, but there are ${files.length} files.`, {
      hint: 'Use --prefix to upload several files below a common prefix.',
    });
  }
  if (files.includes('-')) {
    if (files.length > 1) throw new UserError('usage', 'Standard input (-) is not used with other files.');
    if (as === undefined) {
      throw new UserError('usage', 'Standard input needs a key.', {
        hint: ['Name it with --as, for instance:', command`tar c . | edge-upload put - --as backup.tar`],
      });
    }
  }
}
