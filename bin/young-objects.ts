import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** V8's space for young objects starts with 1 MiB in each half. It grows to this many times that size, and no larger. */
const FACTOR = 4;
const MIB = 1024 * 1024;

/** Milliseconds between two checks of the space, until it has grown. */
const LOOK_MS = 100;

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

function hasGrown(): boolean {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return young !== undefined && young.space_size >= FACTOR * MIB;
}

/**
 * Limits V8's space for young objects. By default it grows to 16 MiB in each half, and with Node 24 to 64 MiB: the longer a
 * command runs, the more memory it would use.
 */
export function boundYoungObjects(): void {
  setGrowth(FACTOR);
  const looking = setInterval(() => {
    if (!hasGrown()) return;
    clearInterval(looking);
    setGrowth(1);
  }, LOOK_MS);
  looking.unref();
  // Compiled code is cached at the exit, and V8 refuses it at the next start if flags differ.
  process.once('exit', () => setGrowth(FACTOR));
}
