import { isExpiring, type Lifetime } from './expiry.ts';
import type { TokenSource } from './tokens.ts';

export interface HeldToken extends Lifetime {
  readonly accessToken: string;
}

/** Whether a token can be sent: not one that was rejected, and good for a while yet. */
export function isUsable(token: HeldToken, now: Date, rejected?: string): boolean {
  return token.accessToken !== rejected && !isExpiring(token, now);
}

/**
 * A source that holds its token in memory while it lasts. However many requests ask at once, `obtain` runs once for all.
 * @param obtain a token that is usable; given the one that the edge rejected, another.
 */
export function renewingSource(
  obtain: (rejected?: string) => Promise<HeldToken>,
  now: () => Date,
): TokenSource {
  let held: HeldToken | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const get = async (rejected?: string): Promise<string> => {
    if (held === undefined || !isUsable(held, now(), rejected)) held = await obtain(rejected);
    return held.accessToken;
  };
  const inTurn = (rejected?: string): Promise<string> => {
    const mine = last.then(() => get(rejected));
    last = mine.catch(() => {});
    return mine;
  };
  return { current: () => inTurn(), renew: (rejected) => inTurn(rejected) };
}
