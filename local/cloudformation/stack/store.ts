import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { ifThere } from '../../own-file.ts';
import { validationError } from '../errors.ts';
import type { StackRecord } from './model.ts';
import { StackFile } from './stack-file.ts';

/** All stacks, including deleted ones, one file each. A deleted stack is found only by its id. */
export class StackStore {
  readonly #folder: string;
  readonly #stacks = new Map<string, StackRecord>();
  readonly #files = new Map<string, StackFile>();

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ifThere(() => readdirSync(folder), [])) {
      if (!name.endsWith('.json')) continue;
      const file = new StackFile(folder, basename(name, '.json'));
      const stack = file.read();
      if (stack === undefined) continue;
      this.#stacks.set(stack.id, stack);
      this.#files.set(stack.id, file);
    }
  }

  /** Newest first. */
  all(): StackRecord[] {
    return [...this.#stacks.values()].sort((one, other) => other.created.localeCompare(one.created));
  }

  find(nameOrId: string): StackRecord | undefined {
    return (
      this.#stacks.get(nameOrId) ??
      [...this.#stacks.values()].find(({ name, status }) => name === nameOrId && status !== 'DELETE_COMPLETE')
    );
  }

  /**
   * Returns a stack.
   * @param words how the operation names a stack that does not exist
   * @throws AwsError `ValidationError` if there is no such stack, or no name is given
   */
  require(nameOrId: string | undefined, words: 'with id' | 'in brackets' = 'with id'): StackRecord {
    if (nameOrId === undefined) {
      throw validationError(
        "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null",
      );
    }
    const stack = this.find(nameOrId);
    if (stack !== undefined) return stack;
    const name = words === 'with id' ? `with id ${nameOrId}` : `[${nameOrId}]`;
    throw validationError(`Stack ${name} does not exist`);
  }

  put(stack: StackRecord): void {
    const file = this.#files.get(stack.id) ?? new StackFile(this.#folder, basename(stack.id));
    file.write(stack);
    this.#files.set(stack.id, file);
    this.#stacks.set(stack.id, stack);
  }
}

/**
 * The stacks with eventual consistency: each read returns the state of so many reads ago. Without a lag, the current state.
 */
export class LaggingView {
  readonly #store: StackStore;
  readonly #lag: () => number;
  /** The states that were read, by stack id, oldest first. */
  readonly #seen = new Map<string, readonly StackRecord[]>();

  constructor(store: StackStore, lag: () => number) {
    this.#store = store;
    this.#lag = lag;
  }

  /** As `StackStore.require`. A name refers to a deleted stack until the view shows its deletion. */
  require(nameOrId: string, words: 'with id' | 'in brackets'): StackRecord {
    const lag = this.#lag();
    if (lag === 0) return this.#store.require(nameOrId, words);
    const gone = this.#store.find(nameOrId) === undefined ? this.#lastSeen(nameOrId) : undefined;
    const stack = gone ?? this.#store.require(nameOrId, words);
    const seen = [...(this.#seen.get(stack.id) ?? []), stack].slice(-lag - 1);
    this.#seen.set(stack.id, seen);
    const [shown = stack] = seen;
    return shown.name === nameOrId && shown.status === 'DELETE_COMPLETE'
      ? this.#store.require(nameOrId, words)
      : shown;
  }

  /** Returns the current state of the stack that had this name at the last read. */
  #lastSeen(name: string): StackRecord | undefined {
    const seen = [...this.#seen.values()].find(([oldest]) => oldest?.name === name);
    return seen?.[0] === undefined ? undefined : this.#store.require(seen[0].id);
  }
}
