import type { StackRecord } from './model.ts';
import type { StackStore } from './store.ts';

/**
 * The stacks as an eventually consistent reader sees them: each look at one gives what was there so many looks ago. Without
 * a lag, what is there.
 */
export class LaggingView {
  readonly #store: StackStore;
  readonly #lag: () => number;
  /** By stack id, what was seen, oldest first. */
  readonly #seen = new Map<string, readonly StackRecord[]>();

  constructor(store: StackStore, lag: () => number) {
    this.#store = store;
    this.#lag = lag;
  }

  /** As `StackStore.require`. A name goes on meaning a deleted stack until its deletion is seen. */
  require(nameOrId: string, words: 'with id' | 'in brackets'): StackRecord {
    const lag = this.#lag();
    if (lag === 0) return this.#store.require(nameOrId, words);
    const gone = this.#store.find(nameOrId) === undefined ? this.#lastSeen(nameOrId) : undefined;
    const stack = gone ?? this.#store.require(nameOrId, words);
    const seen = [...(this.#seen.get(stack.id) ?? []), stack].slice(-lag - 1);
    this.#seen.set(stack.id, seen);
    const [told = stack] = seen;
    return told.name === nameOrId && told.status === 'DELETE_COMPLETE'
      ? this.#store.require(nameOrId, words)
      : told;
  }

  /** The stack that a name meant when it was last looked at, as it is by now. */
  #lastSeen(name: string): StackRecord | undefined {
    const seen = [...this.#seen.values()].find(([oldest]) => oldest?.name === name);
    return seen?.[0] === undefined ? undefined : this.#store.require(seen[0].id);
  }
}
