import { join } from 'node:path';
import type { Context } from '../context.ts';
import { type Part, readDocument } from './documents.ts';
import { replaceFile } from './files.ts';
import { findFolder, folders } from './folders.ts';
import { withLock } from './lock.ts';
import { parseStackPlace, type StackPlace } from './stack-place.ts';

const TYPES = ['bucket', 'log bucket', 'user pool'] as const;

/** Bucket or user pool that `destroy` kept. */
export interface Kept extends StackPlace {
  readonly type: (typeof TYPES)[number];
  /** The bucket's name, or the user pool's id. */
  readonly name: string;
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

function file(place: Place): string {
  return join(folders(place).config, 'kept.json');
}

/** Returns what was kept of all stacks. */
export async function listKept(place: Place): Promise<readonly Kept[]> {
  const { path } = findFolder(place, 'config');
  if (path === undefined) return [];
  return (await readDocument(file(place), parse, 'run the command again')) ?? [];
}

function parse(root: Part): Kept[] {
  return root.list().map((part) => {
    const type = part.member('type');
    return {
      type: TYPES.find((one) => type.is(one)) ?? type.fail('is not a type of data that is kept'),
      name: part.member('name').text(),
      ...parseStackPlace(part),
    };
  });
}

async function change(place: Place, edit: (now: readonly Kept[]) => readonly Kept[]): Promise<void> {
  await withLock(file(place), async () => {
    await replaceFile(file(place), `${JSON.stringify(edit(await listKept(place)), undefined, 2)}\n`);
  });
}

/** Records kept data before the stack is deleted, so that an interrupted `destroy` still knows it. */
export async function rememberKept(place: Place, kept: Kept): Promise<void> {
  await change(place, (now) => [...now.filter(({ name }) => name !== kept.name), kept]);
}

/** Removes the record of data that was deleted or is part of a stack again. */
export async function forgetKept(place: Place, name: string): Promise<void> {
  if (!(await listKept(place)).some((kept) => kept.name === name)) return;
  await change(place, (now) => now.filter((kept) => kept.name !== name));
}
