import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ifThere } from '../../own-file.ts';
import { JsonFile } from '../../state.ts';
import { AwsError } from '../../wire/errors.ts';
import type { StackRecord } from './model.ts';

/** All stacks, deleted ones too, a file each. A deleted stack is found by its id alone. */
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
   * The stack, or the error with which CloudFormation says that there is none; some operations name it in brackets.
   *
   * @throws AwsError `ValidationError`
   */
  require(nameOrId: string, words: 'with id' | 'in brackets' = 'with id'): StackRecord {
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
