import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds that a starved process runs before each stop. */
const RUN_MS = 5;

/**
 * Gives a process a share of a core until it ends: it is stopped and continued by signals. The stops follow from how
 * long it really ran, so that late timers do not change the share.
 */
export async function starve(child: ChildProcess, share: number): Promise<void> {
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  while (isRunning()) {
    const began = performance.now();
    child.kill('SIGCONT');
    await delay(RUN_MS);
    child.kill('SIGSTOP');
    const ran = performance.now() - began;
    await delay(ran * (1 / share - 1));
  }
}
