import { openAbortable } from '../../network/cancellation.ts';
import { NoDescriptor, type Wire } from './exchange.ts';

/**
 * Returns a wire on which a request without a descriptor for its connection waits until another request ends, and uses
 * that connection. If no other is under way, it fails with `NoDescriptor`.
 */
export function shareConnections(wire: Wire, signal: AbortSignal): Wire {
  const aborting = openAbortable(signal);
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (message) => {
    for (;;) {
      underWay += 1;
      let isWaiting = false;
      try {
        return await wire(message);
      } catch (error) {
        isWaiting = error instanceof NoDescriptor && underWay > 1;
        if (!isWaiting) throw error;
      } finally {
        underWay -= 1;
        if (!isWaiting) waiting.shift()?.();
      }
      await new Promise<void>((resolve) => {
        const release = aborting.add(() => resolve());
        waiting.push(() => {
          release();
          resolve();
        });
      });
    }
  };
}
