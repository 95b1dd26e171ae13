import { rm } from 'node:fs/promises';
import { omitUndefined } from '../../../protocol/fields.ts';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { diskReason } from '../../settings/disk-errors.ts';
import { withLock } from '../../settings/lock.ts';
import { DAMAGED, filesOf, type StoreContext, TOKEN_FILE_SUFFIX } from './token-store.ts';

/** Longer than a refresh with all its retries. */
export const LOCK_WAIT_MS = 180_000;

/**
 * Removes one user's tokens after any refresh in progress.
 * @param before called under the lock, while the tokens are still there
 */
export async function forgetSession(
  file: string,
  before?: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const remove = async () => {
    await before?.();
    await removeFile(file);
    await removeFile(`${file}${DAMAGED}`);
  };
  await withLock(file, remove, { waitMs: LOCK_WAIT_MS, orWithout: true, ...omitUndefined({ signal }) });
}

/** Removes all tokens for an edge. */
export async function forgetTokens(context: StoreContext, url: string): Promise<void> {
  const files = (await filesOf(context, url)).map((file) => file.replace(DAMAGED, ''));
  for (const file of new Set(files)) {
    if (file.endsWith(TOKEN_FILE_SUFFIX)) await forgetSession(file);
  }
}

async function removeFile(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch (error) {
    throw new UserError('disk', `The tokens in ${file} cannot be deleted: ${diskReason(error)}.`, {
      hint: ['Make that folder writable, then delete them:', command`rm ${file}`],
      cause: error,
    });
  }
}
