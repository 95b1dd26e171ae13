import { statfs } from 'node:fs/promises';

/**
 * Linux's file systems without permanent inodes: FAT, exFAT, FUSE (such as sshfs) and VirtualBox's shared folders. They
 * number a file again at each mount, and once the kernel has dropped it from memory. The numbers are those of
 * `linux/magic.h` and of the drivers.
 */
const RENUMBERING: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0, 0x65735546, 0x786f4256]);

/** The state of a file. Large numbers are stored as text. */
interface State {
  readonly size: number;
  readonly mtimeNs: bigint | string;
  readonly inode: bigint | string;
}

export type EntryOf = (state: State, key: string) => string;

/**
 * Returns the state of a file and its key as one string, because a ledger can have a million of them in memory. `join`
 * creates a flat string; concatenation creates a tree that takes more than twice the memory.
 */
const entryOf: EntryOf = ({ size, mtimeNs, inode }, key) => [size, mtimeNs, inode, key].join(' ');

/** Like {@link entryOf}, for files whose inode can change although the file does not. */
const entryWithoutInode: EntryOf = (state, key) => entryOf({ ...state, inode: '' }, key);

export interface FileSystems {
  readonly platform: NodeJS.Platform;
  /** Returns the type of a folder's file system. */
  readonly fileSystemOf?: (folder: string) => Promise<number>;
}

/** Returns the function that compares the files of a folder with the entries of its ledger. */
export async function entriesOf(
  { platform, fileSystemOf = async (path) => (await statfs(path)).type }: FileSystems,
  folder: string,
): Promise<EntryOf> {
  if (platform !== 'linux') return entryOf;
  // Scanning the folder reports why it cannot be read.
  const type = await fileSystemOf(folder).catch(() => undefined);
  return type !== undefined && RENUMBERING.has(type) ? entryWithoutInode : entryOf;
}
