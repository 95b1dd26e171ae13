import type { OperationRecord } from '../stack/model.ts';
import { runCreate, undoCreate } from './create.ts';
import { runDelete } from './remove.ts';
import { runCleanUp, runUpdate, undoUpdate } from './update.ts';
import { type EngineOptions, StackWork } from './work.ts';

/** Runs the operations that are recorded in stacks, one at a time for each stack. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Starts a stack's operation and returns at once. If another is running, the new one starts after it. */
  start(id: string): void {
    if (!this.#running.has(id)) this.#running.set(id, this.#run(id));
  }

  /** Resumes the operations that a killed process did not finish. */
  resume(): void {
    for (const { id } of this.#options.store.all()) {
      if (this.#underWay(id) !== undefined) this.start(id);
    }
  }

  /** Resolves when no operation runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  #underWay(id: string): OperationRecord | undefined {
    const { status, operation } = this.#options.store.require(id);
    return status.endsWith('_IN_PROGRESS') ? operation : undefined;
  }

  async #run(id: string): Promise<void> {
    // The request that started the run is answered before the first step.
    await Promise.resolve();
    try {
      for (let phase = this.#underWay(id); phase !== undefined; phase = this.#underWay(id)) {
        await runPhase(new StackWork(this.#options, id, phase), phase);
      }
    } catch (error) {
      // The operation stays recorded, and the next process resumes it.
      this.#options.onDefect(error);
    } finally {
      this.#running.delete(id);
    }
  }
}

function runPhase(work: StackWork, phase: OperationRecord): Promise<void> {
  switch (phase.kind) {
    case 'create':
      return runCreate(work, phase);
    case 'undo-create':
      return undoCreate(work, phase);
    case 'update':
      return runUpdate(work, phase);
    case 'undo-update':
      return undoUpdate(work, phase);
    case 'clean-up':
      return runCleanUp(work, phase);
    case 'delete':
      return runDelete(work, phase);
  }
}
