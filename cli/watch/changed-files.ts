import { relative, resolve, sep } from 'node:path';
import { command } from '../command-line.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { pathText } from '../transfer/sources/file-path.ts';
import { type FileStamp, isSameStamp, readStamp } from '../transfer/sources/file-stamp.ts';
import type { Item } from '../transfer/sources/items.ts';
import { folderKey, type SourceOptions } from '../transfer/sources/sources.ts';
import type { StoredFiles } from '../transfer/upload.ts';
import { type UploadLedger, withLedger } from './ledger.ts';
import { warnOnce } from './warn-once.ts';

interface Root {
  readonly path: string;
  readonly ledger: UploadLedger;
}

/**
 * Runs `work` with the ledgers of the given folders.
 * @throws {UserError} `usage` without folders, `busy` if another process uses one of their ledgers
 */
export async function withStoredFiles<T>(
  context: Context,
  url: string,
  options: SourceOptions & { readonly dryRun?: boolean },
  work: (stored: StoredFiles) => Promise<T>,
): Promise<T> {
  const { files, recursive, filesFrom, dryRun = false } = options;
  if (recursive !== true || filesFrom !== undefined) {
    throw new UserError('usage', '--changed works with folders only.', {
      hint: [
        'Upload what is new or changed in a folder with:',
        command`edge-upload put -r <folder> --changed`,
      ],
    });
  }
  const beginnings = new Map(
    files.map((name) => [resolve(context.cwd, name), folderKey(name, context.cwd, options)]),
  );
  const paths = [...beginnings.keys()].sort();
  // Folders without a ledger often share the reason.
  const warn = warnOnce((text) => context.ui.event({ type: 'warning', text }));
  const open = async (at: number, roots: readonly Root[]): Promise<T> => {
    const path = paths[at];
    if (path === undefined) return work(storedFiles(roots, dryRun));
    const subject = { url, folder: path, beginning: beginnings.get(path) ?? '' };
    return withLedger({ ...context, warn }, subject, (ledger) => open(at + 1, [{ path, ledger }, ...roots]));
  };
  return open(0, []);
}

/**
 * @param roots Folders, innermost first.
 * @param anyKey Whether the prefix of the caller is unknown, so that keys are incomplete.
 */
function storedFiles(roots: readonly Root[], anyKey: boolean): StoredFiles {
  const sending = new Map<string, FileStamp>();
  const find = (item: Item) => {
    if (item.kind !== 'file') return undefined;
    const path = pathText(item.path);
    const root = roots.find((one) => path === one.path || path.startsWith(asParent(one.path)));
    return root && { path, name: relative(root.path, path), ledger: root.ledger };
  };
  return {
    has(item) {
      const found = find(item);
      const stamp = item.kind === 'file' ? readStamp(item.path, { follow: true }) : undefined;
      if (found === undefined || stamp === undefined) return false;
      if (found.ledger.has(found.name, stamp, anyKey ? undefined : item.key)) return true;
      sending.set(found.path, stamp);
      return false;
    },
    add(item) {
      const found = find(item);
      const stamp = found && sending.get(found.path);
      if (item.kind !== 'file' || stamp === undefined) return;
      // A file that has changed since is sent again.
      if (isSameStamp(stamp, readStamp(item.path, { follow: true }))) {
        found?.ledger.add(found.name, stamp, item.key);
      }
    },
    ended(item) {
      if (item.kind === 'file') sending.delete(pathText(item.path));
    },
    isRecorded: () => roots.every(({ ledger }) => ledger.isRecorded()),
  };
}

const asParent = (folder: string) => (folder.endsWith(sep) ? folder : `${folder}${sep}`);
