import type { TokenSource } from './access-token.ts';

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

const AHEAD_MS = 60_000;

/** A token's time on this computer's own clock: a clock that is off does not shorten or stretch it. */
export interface Lifetime {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export function lifetime(issuedAt: Date, expiresInSeconds: number): Lifetime {
  return { issuedAt, expiresAt: new Date(issuedAt.getTime() + expiresInSeconds * 1000) };
}

/** Whether a token is to be renewed by now: its last minute, or the last tenth of a life shorter than ten minutes. */
function isExpiring({ issuedAt, expiresAt }: Lifetime, now: Date): boolean {
  const ahead = Math.min(AHEAD_MS, (expiresAt.getTime() - issuedAt.getTime()) / 10);
  return now.getTime() >= expiresAt.getTime() - ahead;
}
