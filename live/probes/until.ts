import type { LiveWorld } from '../world.ts';

const AGAIN_MS = 5_000;

/** Repeats an observation until it is final or the time is up. Returns the last one. */
export async function until<T>(
  { pause }: Pick<LiveWorld, 'pause'>,
  look: () => Promise<T>,
  isFinal: (seen: T) => boolean,
  limitMs: number,
): Promise<T> {
  for (let waited = 0; ; waited += AGAIN_MS) {
    const seen = await look();
    if (isFinal(seen) || waited >= limitMs) return seen;
    await pause(AGAIN_MS);
  }
}
