import { ACCOUNT_ID } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { type Permissions, unrestricted } from '../iam/permissions.ts';
import { type Operation, requestDoor } from '../wire/door.ts';
import type { HttpHandler } from '../wire/http.ts';
import { queryProtocol } from '../wire/query-protocol.ts';

export interface StsOptions {
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions?: Permissions;
}

/**
 * The embedded STS: who signed a request. The embedded account has its root user and nobody else.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function createSts({ identities, now, permissions = unrestricted }: StsOptions): {
  readonly handle: HttpHandler;
} {
  const getCallerIdentity: Operation<unknown, Record<string, string>> = {
    access: 'signed',
    run() {
      const { arn, userId } = permissions.caller();
      return { Arn: arn, UserId: userId, Account: ACCOUNT_ID };
    },
  };
  return {
    handle: requestDoor({
      service: 'sts',
      protocol: queryProtocol({ namespace: 'https://sts.amazonaws.com/doc/', version: '2011-06-15' }),
      identities,
      now,
      permissions,
      find: (name) => (name === 'GetCallerIdentity' ? getCallerIdentity : undefined),
    }),
  };
}
