import { join } from 'node:path';
import type { Context } from '../context.ts';
import { type Part, readDocument } from './documents.ts';
import { findFolder, folders } from './folders.ts';
import { withLock } from './lock.ts';
import { replaceFile } from './own-files.ts';

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

/** Records of one kind in a file of the settings folder, each with an id. */
export interface Records<T> {
  readonly list: (place: Place) => Promise<readonly T[]>;
  /** Adds a record, in place of the one with the same id. */
  readonly remember: (place: Place, record: T) => Promise<void>;
  /** Removes the record with this id, if there is one. */
  readonly forget: (place: Place, id: string) => Promise<void>;
}

export function recordsIn<T>(
  fileName: string,
  parse: (part: Part) => T,
  idOf: (record: T) => string,
): Records<T> {
  const file = (place: Place) => join(folders(place).config, fileName);
  const list = async (place: Place): Promise<readonly T[]> => {
    if (findFolder(place, 'config').path === undefined) return [];
    return (await readDocument(file(place), (root) => root.list().map(parse), 'run the command again')) ?? [];
  };
  const change = (place: Place, edit: (now: readonly T[]) => readonly T[]) =>
    withLock(file(place), async () => {
      await replaceFile(file(place), `${JSON.stringify(edit(await list(place)), undefined, 2)}\n`);
    });
  const others = (now: readonly T[], id: string) => now.filter((one) => idOf(one) !== id);
  return {
    list,
    remember: (place, record) => change(place, (now) => [...others(now, idOf(record)), record]),
    async forget(place, id) {
      if (!(await list(place)).some((one) => idOf(one) === id)) return;
      await change(place, (now) => others(now, id));
    },
  };
}
