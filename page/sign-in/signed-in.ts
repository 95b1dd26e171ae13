import type { TokenSource } from '../transfer/edge-client.ts';

/** Tokens of a sign-in. They are in memory alone, and gone with the page. */
export interface SignedIn {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken?: string;
}

/** Why a sign-in did not succeed; the page has words for each. */
export type SignInProblem =
  | 'signInFailed'
  | 'signInLater'
  | 'codeWrong'
  | 'resetNeeded'
  | 'notHere'
  | 'signInUnreachable'
  | 'signInBroken'
  | 'passwordRejected';

export class SignInError extends Error {
  readonly problem: SignInProblem;

  /** @param detail the provider's own words, shown as text */
  constructor(problem: SignInProblem, detail = '') {
    super(detail);
    this.problem = problem;
  }
}

/** Seconds before its end at which a token is renewed, so that none expires on its way. */
const EARLY = 60;

/** Returns a source of the token, which renews it while the provider allows it. */
export function signedInTokens(
  first: SignedIn,
  renew: (refreshToken: string) => Promise<SignedIn>,
  now: () => number = () => performance.now() / 1000,
): TokenSource {
  let held = first;
  let ends = now() + first.expiresIn;
  let renewal: Promise<void> | undefined;
  const renewed = async (refreshToken: string): Promise<void> => {
    const next = await renew(refreshToken);
    // A provider that does not rotate sends none.
    held = { refreshToken, ...next };
    ends = now() + next.expiresIn;
  };
  return async (rejected) => {
    const { refreshToken } = held;
    if (refreshToken !== undefined && (rejected === held.token || now() > ends - EARLY)) {
      renewal ??= renewed(refreshToken).finally(() => {
        renewal = undefined;
      });
      // Without a new token the edge judges the old one, and says what is wrong.
      await renewal.catch(() => {});
    }
    return held.token;
  };
}
