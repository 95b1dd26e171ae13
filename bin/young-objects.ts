import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** V8's space for young objects begins with 1 MiB in each half. It becomes so many times as large, and no larger. */
const FACTOR = 4;
const MIB = 1024 * 1024;

/** Milliseconds between two looks at the space, until it has grown. */
const LOOK_MS = 100;

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function hasGrown(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return young !== undefined && young.space_size >= FACTOR * MIB;
}

/**
 * Bounds V8's space for young objects. Left to itself, it doubles up to 16 MiB in each half, and with Node 24 up to 64 MiB: a
 * command would need more memory the longer it runs.
 */
export function boundYoungObjects(): void {
  setGrowth(FACTOR);
  const looking = setInterval(() => {
    if (!hasGrown()) return;
    clearInterval(looking);
    setGrowth(1);
  }, LOOK_MS);
  looking.unref();
  // Compiled code is kept at the exit, and V8 refuses it at the next start if flags differ.
  process.once('exit', () => setGrowth(FACTOR));
}
