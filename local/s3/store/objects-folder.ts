import { existsSync, mkdirSync, renameSync, rmdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { hashedPath, readablePath } from './paths.ts';
import type { Version } from './version.ts';

const OBJECTS = 'objects';
const MAX_MADE = 10_000;

/** A change of a bucket's objects, as recorded in the journal. */
export type Change =
  | { readonly op: 'put'; readonly version: Version }
  | { readonly op: 'remove'; readonly key: string; readonly versionId: string };

/** Returns a key's versions after a change, newest first. */
export function withChange(before: readonly Version[], change: Change): readonly Version[] {
  if (change.op === 'remove') return before.filter(({ versionId }) => versionId !== change.versionId);
  const { version } = change;
  const [current, ...older] = before.filter(({ versionId }) => versionId !== version.versionId);
  return current === undefined ? [version] : [version, setAside(current), ...older];
}

/** Only the current version has the path of its key. Older versions are stored by id. */
function setAside(version: Version): Version {
  return version.deleteMarker ? version : { ...version, file: `versions/${version.id}` };
}

/** Returns the version that a change puts behind a newer one, if it has bytes. */
function becomesOlder([current]: readonly Version[], change: Change): Version | undefined {
  if (change.op === 'remove' || current?.deleteMarker !== false) return undefined;
  return current.versionId === change.version.versionId ? undefined : current;
}

/**
 * The files of a bucket: current objects by readable path, in `objects/`; others by id, in `versions/` and `incoming/`.
 */
export class ObjectsFolder {
  readonly #folder: string;
  /** Folders that this process has created or found. */
  readonly #made = new Set<string>();
  /** Folders in which a file was deleted. The empty ones are deleted together, after the request. */
  readonly #emptied = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  path(file: string): string {
    return `${this.#folder}/${file}`;
  }

  incoming(id: string): string {
    return this.path(`incoming/${id}`);
  }

  /** Returns the path for a new version of `key`, and creates its folders. */
  place(key: string, current: Version | undefined): string {
    if (current?.file.startsWith(`${OBJECTS}/`)) return current.file;
    const readable = readablePath(key);
    if (readable !== undefined && this.#makeRoom(`${OBJECTS}/${readable}`)) return `${OBJECTS}/${readable}`;
    const hashed = `${OBJECTS}/${hashedPath(key)}`;
    this.#makeFolder(dirname(this.path(hashed)));
    return hashed;
  }

  /** Repeats the last change after a crash. It may have stopped anywhere, or be complete. */
  applyAgain(before: readonly Version[], change: Change): void {
    const isPut = change.op === 'put' && !change.version.deleteMarker;
    if (isPut && !existsSync(this.incoming(change.version.id))) return;
    this.prepare(before, change);
    this.apply(before, change);
  }

  /** Creates the folder that {@link apply} needs. On a full disk, this fails before the change is recorded. */
  prepare(before: readonly Version[], change: Change): void {
    if (becomesOlder(before, change) !== undefined) mkdirSync(this.path('versions'), { recursive: true });
  }

  /** Moves files to the paths that {@link withChange} returns. If one cannot be moved, none is. */
  apply(before: readonly Version[], change: Change): void {
    if (change.op === 'remove') {
      const removed = before.find(({ versionId }) => versionId === change.versionId);
      if (removed !== undefined) this.#drop(removed);
      return;
    }
    const { version } = change;
    const older = becomesOlder(before, change);
    const replaced = before.find(({ versionId }) => versionId === version.versionId);
    const unused = replaced?.file === version.file ? undefined : replaced;
    const aside = older && { from: this.path(older.file), to: this.path(setAside(older).file) };
    if (aside !== undefined) move(aside.from, aside.to);
    try {
      if (!version.deleteMarker) this.#bringIn(version);
      else if (unused !== undefined) this.#drop(unused);
    } catch (error) {
      if (aside !== undefined) move(aside.to, aside.from);
      throw error;
    }
    if (!version.deleteMarker && unused !== undefined) this.#dropUnused(unused);
  }

  /** Deletes the file of a version that a stored one has replaced. */
  #dropUnused(version: Version): void {
    try {
      this.#drop(version);
    } catch {
      // An error would report that the new version is not stored.
    }
  }

  #bringIn(version: Version): void {
    const incoming = this.incoming(version.id);
    const path = this.path(version.file);
    try {
      renameSync(incoming, path);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // The user may have deleted the empty folder.
      mkdirSync(dirname(path), { recursive: true });
      renameSync(incoming, path);
    }
  }

  #drop(version: Version): void {
    if (version.deleteMarker) return;
    try {
      unlinkSync(this.path(version.file));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    if (this.#emptied.size === 0) setImmediate(() => this.#dropEmptyFolders());
    this.#emptied.add(dirname(version.file));
  }

  /** Deletes empty folders, because a folder would prevent a readable path for a key of the same name. */
  #dropEmptyFolders(): void {
    for (const from of this.#emptied) {
      for (let folder = from; folder.startsWith(`${OBJECTS}/`); folder = dirname(folder)) {
        this.#made.delete(this.path(folder));
        try {
          rmdirSync(this.path(folder));
        } catch {
          // Usually not empty. A folder that stays does no harm: a key of its name gets a hashed path.
          break;
        }
      }
    }
    this.#emptied.clear();
  }

  #makeFolder(folder: string): void {
    if (this.#made.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    if (this.#made.size === MAX_MADE) this.#made.clear();
    this.#made.add(folder);
  }

  /** Whether a new file can have this path: all its parents are folders, and nothing has the path. */
  #makeRoom(file: string): boolean {
    const path = this.path(file);
    try {
      this.#makeFolder(dirname(path));
      return statSync(path, { throwIfNoEntry: false }) === undefined;
    } catch (error) {
      if (['EEXIST', 'ENOTDIR'].includes(errorCode(error))) return false;
      throw error;
    }
  }
}

function move(from: string, to: string): void {
  try {
    if (from !== to) renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
