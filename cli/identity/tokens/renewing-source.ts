import type { TokenSource } from './access-token.ts';

export interface HeldToken extends Lifetime {
  readonly accessToken: string;
}

/** Returns true if a token was not rejected and is not about to expire. */
export function isUsable(token: HeldToken, now: Date, rejected?: string): boolean {
  return token.accessToken !== rejected && !isExpiring(token, now);
}

/**
 * Returns a source that keeps its token in memory. Concurrent requests share one run of `obtain`.
 * @param obtain returns a token other than the one that the edge rejected, for `reason`
 */
export function renewingSource(
  obtain: (rejected?: string, reason?: string) => Promise<HeldToken>,
  now: () => Date,
): TokenSource {
  let held: HeldToken | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const get = async (rejected?: string, reason?: string): Promise<string> => {
    if (held === undefined || !isUsable(held, now(), rejected)) held = await obtain(rejected, reason);
    return held.accessToken;
  };
  const inTurn = (rejected?: string, reason?: string): Promise<string> => {
    const mine = last.then(() => get(rejected, reason));
    waiting += 1;
    last = mine
      .catch(() => {})
      .finally(() => {
        waiting -= 1;
      });
    return mine;
  };
  return {
    current: () => inTurn(),
    held() {
      const isCurrent = waiting === 0 && held !== undefined && isUsable(held, now());
      return isCurrent ? held?.accessToken : undefined;
    },
    renew: inTurn,
  };
}

const AHEAD_MS = 60_000;

/** Lifetime of a token by this computer's clock. A wrong clock does not change its length. */
export interface Lifetime {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export function lifetime(issuedAt: Date, expiresInSeconds: number): Lifetime {
  return { issuedAt, expiresAt: new Date(issuedAt.getTime() + expiresInSeconds * 1000) };
}

/** Returns true in the last minute of a token, or in the last tenth of a lifetime under ten minutes. */
function isExpiring({ issuedAt, expiresAt }: Lifetime, now: Date): boolean {
  const ahead = Math.min(AHEAD_MS, (expiresAt.getTime() - issuedAt.getTime()) / 10);
  return now.getTime() >= expiresAt.getTime() - ahead;
}
