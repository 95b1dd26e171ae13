import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { JsonFile } from '../../state.ts';
import { AwsError } from '../../wire/errors.ts';
import type { StackRecord } from './model.ts';

/** All stacks, deleted ones too, a file each. A deleted stack is found by its id alone. */
export class StackStore {
  readonly #folder: string;
  readonly #stacks = new Map<string, StackRecord>();

  constructor(folder: string) {
    this.#folder = folder;
    for (const name of this.#fileNames()) {
      const stack = new JsonFile<StackRecord>(join(folder, name)).read();
      if (stack !== undefined) this.#stacks.set(stack.id, stack);
    }
  }

  #fileNames(): string[] {
    try {
      return readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  #file(id: string): JsonFile<StackRecord> {
    return new JsonFile<StackRecord>(join(this.#folder, `${id.split('/').at(-1)}.json`));
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

  /** The stack, or the error with which CloudFormation says that there is none. */
  require(nameOrId: string): StackRecord {
    const stack = this.find(nameOrId);
    if (stack === undefined)
      throw new AwsError('ValidationError', `Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  /** By its id, which an operation under way holds on to. */
  get(id: string): StackRecord {
    return this.require(id);
  }

  put(stack: StackRecord): void {
    this.#file(stack.id).write(stack);
    this.#stacks.set(stack.id, stack);
  }

  remove(id: string): void {
    this.#file(id).remove();
    this.#stacks.delete(id);
  }
}
