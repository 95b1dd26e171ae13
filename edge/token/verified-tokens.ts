import type { Jwk } from '../../protocol/signing-key.ts';
import type { Caller } from './claims.ts';
import type { KeySet } from './key-set.ts';

/** The result for a token with a valid signature. */
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

/** Returns the end of the signature, which is the key of the look-up. Hashing the token would cost more than its checks. */
const endOf = (token: string) => token.slice(-40);

/** Remembers tokens by their full text, so that each part of an upload does not cost a signature check. */
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
    // The oldest go first; their next request costs a signature check.
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
