import { join } from 'node:path';
import type { Context } from '../context.ts';
import { type Part, readDocument } from './documents.ts';
import { replaceFile } from './files.ts';
import { findFolder, folders } from './folders.ts';
import { withLock } from './lock.ts';
import { parseStackPlace, type StackPlace } from './stack-place.ts';

/** Edge function that stays after its stack until CloudFront deletes its replicas. */
export interface Leftover extends StackPlace {
  readonly functionName: string;
}

type Place = Pick<Context, 'env' | 'platform' | 'home'>;

function file(place: Place): string {
  return join(folders(place).config, 'leftovers.json');
}

/** Returns the functions that earlier runs of `destroy` could not delete yet. */
export async function listLeftovers(place: Place): Promise<readonly Leftover[]> {
  const { path } = findFolder(place, 'config');
  if (path === undefined) return [];
  return (await readDocument(file(place), parse, 'run the command again')) ?? [];
}

function parse(root: Part): Leftover[] {
  return root.list().map((part) => ({
    functionName: part.member('functionName').text(),
    ...parseStackPlace(part),
  }));
}

async function change(place: Place, edit: (now: readonly Leftover[]) => readonly Leftover[]): Promise<void> {
  await withLock(file(place), async () => {
    await replaceFile(file(place), `${JSON.stringify(edit(await listLeftovers(place)), undefined, 2)}\n`);
  });
}

/** Records a function before the stack is deleted, so that an interrupted `destroy` still knows it. */
export async function rememberLeftover(place: Place, leftover: Leftover): Promise<void> {
  await change(place, (now) => [
    ...now.filter(({ functionName }) => functionName !== leftover.functionName),
    leftover,
  ]);
}

export async function forgetLeftover(place: Place, functionName: string): Promise<void> {
  await change(place, (now) => now.filter((known) => known.functionName !== functionName));
}
