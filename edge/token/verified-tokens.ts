import type { Jwk } from '../../protocol/signing-key.ts';
import type { Caller } from './claims.ts';
import type { KeySet } from './key-set.ts';

/** A token whose signature was verified. */
export interface Verified {
  readonly caller: Caller;
  readonly key: Jwk;
  readonly keySet: KeySet;
  /** The distribution that the audience was checked for. */
  readonly domainName: string | undefined;
}

interface Entry {
  readonly token: string;
  readonly verified: Verified;
}

/** Maximum number of tokens in each of the two maps. All parts of an upload use the same token. */
const MAX_ENTRIES = 100;
const MAX_CHARACTERS = 200_000;

/**
 * Returns the end of a token's signature, which is its key in the map. Hashing a token would take longer than checking
 * its claims.
 */
const endOf = (token: string) => token.slice(-40);

/**
 * Cache of verified tokens by their full text, so that the parts of an upload need one signature check. A full map becomes
 * the older one, and the former older one is dropped. Entries deleted one by one stay in memory longer: V8's tables of a
 * map refer to their successors, dead ones too.
 */
export class VerifiedTokens {
  #older = new Map<string, Entry>();
  #newer = new Map<string, Entry>();
  #characters = 0;

  get(token: string): Verified | undefined {
    const end = endOf(token);
    const entry = this.#newer.get(end) ?? this.#older.get(end);
    return entry?.token === token ? entry.verified : undefined;
  }

  add(token: string, verified: Verified): void {
    if (token.length > MAX_CHARACTERS) return;
    this.#characters += token.length;
    if (this.#newer.size === MAX_ENTRIES || this.#characters > MAX_CHARACTERS) {
      this.#older = this.#newer;
      this.#newer = new Map();
      this.#characters = token.length;
    }
    this.#newer.set(endOf(token), { token, verified });
  }
}
