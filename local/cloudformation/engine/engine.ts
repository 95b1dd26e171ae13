import { runCreate } from './create.ts';
import { runDelete } from './delete.ts';
import { runUpdate } from './update.ts';
import { type EngineOptions, StackWork } from './work.ts';

const RUN = { create: runCreate, update: runUpdate, delete: runDelete } as const;

/** Runs the operations that stacks have in their records, one for each stack at a time. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Starts a stack's operation and returns at once, as CloudFormation does. */
  start(id: string): void {
    const work = new StackWork(this.#options, id);
    const run = RUN[work.operation.kind](work).finally(() => this.#running.delete(run));
    this.#running.add(run);
    // A defect of a handler leaves the operation recorded as it is; `idle` tells of it.
    run.catch(() => {});
  }

  /** Goes on with every operation that a killed process left under way. */
  resume(): void {
    for (const { id, status, operation } of this.#options.store.all()) {
      if (operation !== undefined && status.endsWith('_IN_PROGRESS')) this.start(id);
    }
  }

  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
