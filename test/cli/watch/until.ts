import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for a busy computer. */
const LIMIT_MS = 60_000;

/** Polls until a condition holds for which there is no event. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Not within ${LIMIT_MS / 1000} s: ${holds}`);
    await delay(20);
  }
}
