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

/** Maximum number of tokens. All parts of an upload use the same token. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 400_000;

/**
 * Returns the end of a token's signature, which is its key in the map. Hashing a token would take longer than checking
 * its claims.
 */
const endOf = (token: string) => token.slice(-40);

/** Cache of verified tokens by their full text, so that the parts of an upload need one signature check. */
export class VerifiedTokens {
  readonly #entries = new Map<string, { readonly token: string; readonly verified: Verified }>();
  #characters = 0;

  get(token: string): Verified | undefined {
    const entry = this.#entries.get(endOf(token));
    return entry?.token === token ? entry.verified : undefined;
  }

  add(token: string, verified: Verified): void {
    const end = endOf(token);
    this.#delete(end);
    this.#entries.set(end, { token, verified });
    this.#characters += token.length;
    // Evicts the oldest. Their next request needs a signature check.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) break;
      this.#delete(oldest);
    }
  }

  #delete(end: string): void {
    const length = this.#entries.get(end)?.token.length ?? 0;
    this.#entries.delete(end);
    this.#characters -= length;
  }
}
