import { table } from '../../../protocol/fields.ts';
import type { PoolUser } from '../../identity/users/directory.ts';

const STATES = table<string>({
  CONFIRMED: 'active',
  FORCE_CHANGE_PASSWORD: 'invited',
  RESET_REQUIRED: 'reset',
});

/** Returns a user's state in one word: by default Cognito's status in lower case. */
export function stateOf({ enabled, status }: Pick<PoolUser, 'enabled' | 'status'>): string {
  return enabled ? (STATES[status] ?? status.toLowerCase()) : 'disabled';
}

const MEANINGS = table<string>({
  active: 'active',
  invited: 'invited: has a temporary password, and chooses one at the first sign-in',
  reset: 'must choose a new password, with a code that was sent',
  disabled: 'disabled: cannot sign in',
});

export function meaningOf(user: Pick<PoolUser, 'enabled' | 'status'>): string {
  const state = stateOf(user);
  return MEANINGS[state] ?? state;
}
