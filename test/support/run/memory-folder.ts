import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Linux's file system in memory. */
const MEMORY = '/dev/shm';

/** Bytes that must be free there: several times the size of all tests' temporary files. Containers often have 64 MB. */
const NEEDED_BYTES = 4 * 1024 ** 3;

/**
 * Creates a folder in memory for the tests' temporary files. On a disk, the file system's journal takes a twelfth of the
 * processor time. Returns `undefined` if there is too little space or programs cannot run there; the tests then use the disk.
 */
export function memoryFolder(): string | undefined {
  if (!existsSync(MEMORY)) return undefined;
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < NEEDED_BYTES) return undefined;
  const folder = mkdtempSync(join(MEMORY, 'edge-upload-tests-'));
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
  if (spawnSync(program).status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}
