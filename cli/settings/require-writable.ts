import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../errors.ts';
import { diskError } from './disk-errors.ts';
import { safeFolder } from './own-files.ts';

/** Bytes. Larger than the files of a sign-in. */
const PROBE_BYTES = 16 * 1024;

/**
 * Checks that files can be written to a folder, or that the folder can be created, before work that has to be recorded.
 * Writes a file and deletes it: a full disk and a used-up quota show only then.
 * @throws {UserError} `disk` or `settings`
 */
export async function requireWritable(folder: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      // The folders above belong to the user, or to everybody.
      if (at === folder) await safeFolder(folder);
      return await probe(at);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || dirname(at) === at) throw diskError(folder, error);
    }
  }
}

async function probe(folder: string): Promise<void> {
  const path = join(folder, `.edge-upload.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFile(path, Buffer.alloc(PROBE_BYTES), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}
