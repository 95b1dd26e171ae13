import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere } from '../../own-file.ts';
import { JsonFile } from '../../state.ts';
import { AwsError } from '../../wire/errors.ts';
import type { StackRecord } from './model.ts';

/** All stacks, including deleted ones, in a file each. A deleted stack is found by its id only. */
export class StackStore {
  readonly #folder: string;
  readonly #stacks = new Map<string, StackRecord>();

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of ifThere(() => readdirSync(folder), [])) {
      if (!name.endsWith('.json')) continue;
      const stack = new JsonFile<StackRecord>(join(folder, name)).read();
      if (stack !== undefined) this.#stacks.set(stack.id, stack);
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
      throw new AwsError(
        'ValidationError',
        "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null",
      );
    }
    const stack = this.find(nameOrId);
    if (stack !== undefined) return stack;
    const name = words === 'with id' ? `with id ${nameOrId}` : `[${nameOrId}]`;
    throw new AwsError('ValidationError', `Stack ${name} does not exist`);
  }

  put(stack: StackRecord): void {
    const file = new JsonFile<StackRecord>(join(this.#folder, `${stack.id.split('/').at(-1)}.json`));
    file.write(stack);
    this.#stacks.set(stack.id, stack);
  }
}
