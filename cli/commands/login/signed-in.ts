import type { StoredSession } from '../../identity/tokens/stored-session.ts';
import type { Deployment } from '../../settings/deployments.ts';

/** What a sign-in leaves on this computer. */
export interface SignedIn {
  readonly deployment: Deployment;
  readonly session: StoredSession;
}
