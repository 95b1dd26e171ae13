import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Text that differs between runs, and its replacement in a golden file. */
export type Masks = readonly (readonly [varies: RegExp | string, shown: string])[];

export function masked(text: string, masks: Masks): string {
  return masks.reduce((rest, [varies, shown]) => rest.replaceAll(varies, shown), text);
}

/** Compares a transcript with its golden file. With UPDATE_SCREENS=1, writes the file instead. */
export function assertGolden(file: string, transcript: string): void {
  if (process.env.UPDATE_SCREENS) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, transcript);
    return;
  }
  assert.equal(
    transcript,
    readFileSync(file, 'utf8'),
    `${file} differs. If it should, run with UPDATE_SCREENS=1.`,
  );
}
