import type { Faults } from '../faults.ts';
import type { ResourceHandler } from '../resource.ts';

/** Returns a handler without drift detection while the fault names its type. */
export function orUncompared(handler: ResourceHandler, faults: Faults): ResourceHandler {
  return Object.create(handler, {
    actual: {
      get: () => (faults.uncomparedTypes?.includes(handler.type) ? undefined : handler.actual?.bind(handler)),
    },
  }) as ResourceHandler;
}
