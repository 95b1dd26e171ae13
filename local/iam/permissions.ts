import { ACCOUNT_ID } from '../account.ts';
import { AwsError } from '../wire/errors.ts';

/** What the account's access keys stand for, and what IAM denies them. */
export interface Permissions {
  readonly caller: () => Caller;
  /** @param action such as `s3:DeleteObject` */
  readonly denies: (action: string) => boolean;
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
 * The permissions of a user `operator`, whose policy allows all but some actions, while such a list is given; the root
 * user's otherwise.
 *
 * @param denied actions, such as `cloudformation:DeleteStack` and `s3:Delete*`
 */
export function operatorPermissions(denied: () => readonly string[] | undefined): Permissions {
  return {
    caller: () => (denied() === undefined ? ROOT : OPERATOR),
    denies: (action) =>
      (denied() ?? []).some((pattern) =>
        pattern.endsWith('*') ? action.startsWith(pattern.slice(0, -1)) : action === pattern,
      ),
  };
}

/**
 * Refuses an action that IAM denies.
 *
 * @param code as the service calls it
 * @throws AwsError
 */
export function refuseDenied(
  { caller, denies }: Permissions,
  action: string,
  code: 'AccessDenied' | 'AccessDeniedException',
): void {
  if (!denies(action)) return;
  throw new AwsError(
    code,
    `User: ${caller().arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`,
    403,
  );
}
