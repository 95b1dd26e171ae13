import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { getuid } from 'node:process';
import { checkOwnFile, readOwnFile } from './own-file.ts';

/**
 * Creates the folder that holds a cloud's state, or makes the one that is there private (0700).
 * @throws where it belongs to another user, who could read and replace what is written there
 */
export function openStateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (getuid !== undefined && statSync(path).uid !== getuid()) {
    throw new Error(`the folder ${path} belongs to another user`);
  }
  chmodSync(path, 0o700);
}

/**
 * A JSON document on disk that a `kill -9` leaves either as it was or as it became: written aside, then renamed.
 * Synchronous, so that a change and its record cannot be parted by another request.
 */
export class JsonFile<T> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Returns the document, or `undefined` where there is none yet.
   * @throws Error for a file that is not JSON, or not a regular file
   */
  read(): T | undefined {
    const text = readOwnFile(this.path)?.toString();
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  write(document: T): void {
    checkOwnFile(this.path);
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const aside = `${this.path}.${randomBytes(6).toString('hex')}.tmp`;
    writeFileSync(aside, JSON.stringify(document), { mode: 0o600 });
    renameSync(aside, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
