import type { TokenSource } from '../transfer/edge-client.ts';
import type { UploadErrorCode } from '../transfer/upload-error.ts';

/** Tokens of a sign-in. They are kept only in memory, as long as the page. */
export interface SignedIn {
  readonly token: string;
  /** Seconds until the token expires. */
  readonly expiresIn: number;
  readonly refreshToken?: string;
}

/** A sign-in that renews its token. */
export interface Session {
  /** @throws {SignInError} if the edge refused the token and the provider cannot refresh it at the moment */
  readonly token: TokenSource;
  /** Ends the sign-in at the provider, if the provider supports it. Never rejects. */
  signOut(): Promise<void>;
}

/** Why a sign-in failed. The page has a text for each. */
export type SignInProblem =
  | 'signInFailed'
  | 'signInEarly'
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
  | 'signInUnsuitable'
  | 'signInUntrusted'
  | 'storageBlocked'
  | 'passwordRejected';

export class SignInError extends Error {
  readonly problem: SignInProblem;

  constructor(problem: SignInProblem) {
    super(problem);
    this.problem = problem;
  }
}

const REFUSED: Partial<Record<UploadErrorCode, SignInProblem>> = {
  token_early: 'signInEarly',
  token_expired: 'signInEnded',
  token_refused: 'signInEnded',
  token_revoked: 'signInEnded',
  token_unsuitable: 'signInUnsuitable',
  token_untrusted: 'signInUntrusted',
};

/** Returns the problem of a sign-in whose token the edge refused; `undefined` for other failures. */
export function problemOfRefusal(code: UploadErrorCode): SignInProblem | undefined {
  return REFUSED[code];
}

/** Whether a provider can refresh the token later: it is unreachable or too busy. */
function isTemporary(error: unknown): boolean {
  return (
    error instanceof SignInError && (error.problem === 'signInUnreachable' || error.problem === 'signInLater')
  );
}

/** Seconds before its expiry at which a token is refreshed, so that none expires during a request. */
const EARLY = 60;

/** Requests to a provider with a refresh token. */
export interface RefreshRequests {
  readonly renew: (refreshToken: string) => Promise<SignedIn>;
  readonly revoke: (refreshToken: string) => Promise<void>;
}

/** Opens a session. It refreshes its token as long as the provider allows. */
export function openSession(first: SignedIn, { renew, revoke }: RefreshRequests): Session {
  const now = () => performance.now() / 1000;
  let held = first;
  let ends = now() + first.expiresIn;
  let renewal: Promise<void> | undefined;
  const renewed = async (refreshToken: string): Promise<void> => {
    const next = await renew(refreshToken);
    // A provider that does not rotate refresh tokens sends none.
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
        // Keeps the old token if refreshing fails. The edge then refuses it with a reason.
        await renewal.catch((error: unknown) => {
          if (rejected === held.token && isTemporary(error)) throw error;
        });
      }
      return held.token;
    },
    async signOut() {
      const { refreshToken } = held;
      // The page drops the tokens in any case.
      if (refreshToken !== undefined) await revoke(refreshToken).catch(() => {});
    },
  };
}
