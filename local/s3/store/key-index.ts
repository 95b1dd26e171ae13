import { compareKeys, type Version } from './version.ts';

/** Versions by key, newest first, and the keys in S3's order. In memory only; the journal is on disk. */
export class KeyIndex {
  readonly #versions = new Map<string, readonly Version[]>();
  /** Created at the first listing, so that buckets that are only written to are never sorted. */
  #sorted: string[] | undefined;

  /** Newest first; empty for an unknown key. */
  versions(key: string): readonly Version[] {
    return this.#versions.get(key) ?? [];
  }

  set(key: string, versions: readonly Version[]): void {
    const known = this.#versions.has(key);
    if (versions.length > 0) this.#versions.set(key, versions);
    else this.#versions.delete(key);
    if (this.#sorted === undefined || known === versions.length > 0) return;
    this.#sorted.splice(position(this.#sorted, key), known ? 1 : 0, ...(known ? [] : [key]));
  }

  get isEmpty(): boolean {
    return this.#versions.size === 0;
  }

  /** Keys that sort at or after `from`, in order. */
  *keysFrom(from: string): Generator<string> {
    this.#sorted ??= [...this.#versions.keys()].sort(compareKeys);
    const keys = this.#sorted;
    for (let at = position(keys, from); at < keys.length; at++) yield keys[at] as string;
  }

  *all(): Generator<Version> {
    for (const versions of this.#versions.values()) yield* versions;
  }
}

function position(keys: readonly string[], from: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle] as string, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
