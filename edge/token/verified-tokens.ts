import type { Jwk } from '../../protocol/signing-key.ts';
import type { Caller } from './claims.ts';
import type { KeySet } from './key-set.ts';

/** What was found out about a token whose signature is right. */
export interface Verified {
  readonly caller: Caller;
  readonly key: Jwk;
  readonly keySet: KeySet;
  /** The audience depends on the name of the distribution. */
  readonly domainName: string | undefined;
}

/** Of tokens; the parts of one upload come with one token. */
const MAX_ENTRIES = 200;
const MAX_CHARACTERS = 400_000;

/** Remembers tokens by their full text, so that each part of an upload does not cost a signature check. */
export class VerifiedTokens {
  readonly #entries = new Map<string, Verified>();
  #characters = 0;

  get(token: string): Verified | undefined {
    return this.#entries.get(token);
  }

  add(token: string, verified: Verified): void {
    this.delete(token);
    this.#entries.set(token, verified);
    this.#characters += token.length;
    // The oldest go first; their next request costs a signature check.
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) break;
      this.delete(oldest);
    }
  }

  delete(token: string): void {
    if (this.#entries.delete(token)) this.#characters -= token.length;
  }
}
