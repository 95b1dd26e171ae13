import { ACCOUNT_ID } from '../account.ts';
import type { JsonObject } from '../json.ts';
import { like } from '../policy/wildcard.ts';
import { AwsError } from '../wire/errors.ts';
import { type Accessed, isAllowedBy } from './identity-policy.ts';
import type { RoleSessions } from './sessions.ts';

/** The caller of the account, and what IAM denies to them. */
export interface Permissions {
  readonly caller: () => Caller;
  /** @param action For example `s3:DeleteObject`. */
  readonly denies: (action: string, accessed: () => Accessed) => boolean;
}

interface Caller {
  readonly arn: string;
  readonly userId: string;
}

const ROOT: Caller = { arn: `arn:aws:iam::${ACCOUNT_ID}:root`, userId: ACCOUNT_ID };
const OPERATOR: Caller = {
  arn: `arn:aws:iam::${ACCOUNT_ID}:user/operator`,
  userId: 'AIDAOPERATOROPERATORX',
};

/** The account's root user: nothing is denied. */
export const unrestricted: Permissions = { caller: () => ROOT, denies: () => false };

/**
 * Returns the permissions of a user `operator` whose policy denies some actions, while a list of them is given;
 * otherwise those of the root user.
 * @param denied Denied actions, such as `cloudformation:DeleteStack` and `s3:Delete*`.
 */
export function operatorPermissions(denied: () => readonly string[] | undefined): Permissions {
  return {
    caller: () => (denied() === undefined ? ROOT : OPERATOR),
    denies: (action) => (denied() ?? []).some((pattern) => like(action, pattern)),
  };
}

/**
 * Returns the permissions of a session's role for its requests, and others for requests with the account's own keys.
 * @param policiesOf Returns the current policies of a role; none if it does not exist.
 */
export function sessionPermissions(
  sessions: RoleSessions,
  policiesOf: (roleName: string) => readonly JsonObject[],
  others: Permissions,
): Permissions {
  return {
    caller: () => sessions.current() ?? others.caller(),
    denies(action, accessed) {
      const session = sessions.current();
      if (session === undefined) return others.denies(action, accessed);
      return !isAllowedBy(policiesOf(session.roleName), action, accessed());
    },
  };
}

/**
 * Refuses an action that IAM denies, with AWS's error.
 * @throws AwsError
 */
export function refuseDenied(
  permissions: Permissions,
  action: string,
  code: 'AccessDenied' | 'AccessDeniedException',
  accessed: () => Accessed = () => ({ resource: '*' }),
): void {
  if (!permissions.denies(action, accessed)) return;
  throw new AwsError(code, deniedMessage(permissions, action, accessed), 403);
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function deniedMessage(
  { caller }: Permissions,
  action: string,
  accessed: () => Accessed = () => ({ resource: '*' }),
): string {
  const { resource } = accessed();
  const on = resource === '*' ? '' : ` on resource: ${resource}`;
  return `User: ${caller().arn} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}
