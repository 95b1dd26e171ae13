import { existsSync, readlinkSync, realpathSync } from 'node:fs';
import { platform } from 'node:process';
import { difference, type FilePath, type FileStamp, fileChanged, pathText } from './file-system.ts';

/**
 * Returns a path that leads to an open file or folder itself, whatever has its name by now; `undefined` where the system
 * has none.
 */
export function descriptorPath(descriptor: number): string | undefined {
  const path = `/proc/self/fd/${descriptor}`;
  return platform === 'linux' && existsSync(path) ? path : undefined;
}

/**
 * Returns the path of an open file or folder without links. Linux knows it by the descriptor; elsewhere the path that was
 * opened is resolved.
 * @throws the system's error
 */
export function openedPath(descriptor: number, path: string): string {
  const link = descriptorPath(descriptor);
  return link === undefined ? realpathSync.native(path) : readlinkSync(link);
}

interface Opened {
  readonly path: FilePath;
  readonly name: string;
  readonly descriptor: number;
  readonly stamp: FileStamp;
}

/** @throws {UserError} `file_changed` for another state than the expected one, or a path that leads through a link. */
export function checkExpected(expected: FileStamp, { path, name, descriptor, stamp }: Opened): void {
  const changed = difference(expected, stamp);
  if (changed !== undefined) throw fileChanged(name, changed);
  const text = pathText(path);
  if (openedPath(descriptor, text) === text) return;
  throw fileChanged(name, 'it was moved, or its path leads through a link now');
}
