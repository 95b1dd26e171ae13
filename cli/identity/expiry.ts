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
export function isExpiring({ issuedAt, expiresAt }: Lifetime, now: Date): boolean {
  const ahead = Math.min(AHEAD_MS, (expiresAt.getTime() - issuedAt.getTime()) / 10);
  return now.getTime() >= expiresAt.getTime() - ahead;
}
