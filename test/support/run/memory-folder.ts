import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file system in memory that Linux has. */
const MEMORY = '/dev/shm';

/** Bytes that must be free in it: some times what the temporary files of all tests take. Containers often have 64 MB. */
const NEEDED_BYTES = 4 * 1024 ** 3;

/**
 * Creates a folder in memory for the temporary files of the tests. On a disk, its journal takes a twelfth of their processor
 * time. Returns `undefined` where memory has too little room or runs no programs, and the tests use the disk.
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
