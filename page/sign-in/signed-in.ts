import type { TokenSource } from '../transfer/edge-client.ts';

/** Tokens of a sign-in. They are in memory alone, and gone with the page. */
export interface SignedIn {
  readonly token: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken?: string;
}

/** A sign-in as the page uses it. */
export interface Session {
  readonly token: TokenSource;
  /** Ends the sign-in at the provider, where it can. Does not reject. */
  signOut(): Promise<void>;
}

/** Why a sign-in did not succeed; the page has words for each. */
export type SignInProblem =
  | 'signInFailed'
  | 'signInEnded'
  | 'disabled'
  | 'tookTooLong'
  | 'declined'
  | 'signInLater'
  | 'codeWrong'
  | 'resetNeeded'
  | 'notHere'
  | 'signInUnreachable'
  | 'signInBroken'
  | 'storageBlocked'
  | 'passwordRejected';

export class SignInError extends Error {
  readonly problem: SignInProblem;

  constructor(problem: SignInProblem) {
    super(problem);
    this.problem = problem;
  }
}

/** Seconds before its end at which a token is renewed, so that none expires on its way. */
const EARLY = 60;

/** Requests to a provider with a refresh token. */
export interface RefreshRequests {
  readonly renew: (refreshToken: string) => Promise<SignedIn>;
  readonly revoke: (refreshToken: string) => Promise<void>;
}

/** Opens a session, which renews its token while the provider allows it. */
export function openSession(
  first: SignedIn,
  { renew, revoke }: RefreshRequests,
  now: () => number = () => performance.now() / 1000,
): Session {
  let held = first;
  let ends = now() + first.expiresIn;
  let renewal: Promise<void> | undefined;
  const renewed = async (refreshToken: string): Promise<void> => {
    const next = await renew(refreshToken);
    // A provider that does not rotate sends none.
    held = { refreshToken, ...next };
    ends = now() + next.expiresIn;
  };
  return {
    async token(rejected) {
      const { refreshToken } = held;
      if (refreshToken !== undefined && (rejected === held.token || now() > ends - EARLY)) {
        renewal ??= renewed(refreshToken).finally(() => {
          renewal = undefined;
        });
        // Without a new token the edge judges the old one, and says what is wrong.
        await renewal.catch(() => {});
      }
      return held.token;
    },
    async signOut() {
      const { refreshToken } = held;
      // The tokens are gone with the page in any case.
      if (refreshToken !== undefined) await revoke(refreshToken).catch(() => {});
    },
  };
}
