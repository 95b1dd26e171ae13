import { open } from 'node:fs/promises';
import { seeded } from '../support/random.ts';

/** Writes a file whose parts all differ. */
export async function makeFile(path: string, size: number): Promise<string> {
  const random = seeded(size);
  const block = Buffer.alloc(64 * 1024);
  const file = await open(path, 'w');
  try {
    for (let at = 0; at < size; at += block.length) {
      for (let word = 0; word < block.length; word += 4096) block.writeDoubleLE(random(), word);
      await file.write(block, 0, Math.min(block.length, size - at));
    }
  } finally {
    await file.close();
  }
  return path;
}
