import { ACCOUNT_ID } from '../account.ts';
import { unrestricted } from '../iam/permissions.ts';
import type { Role } from '../iam/roles.ts';
import type { RoleSessions } from '../iam/sessions.ts';
import { trustsAccount } from '../iam/trust.ts';
import type { ServiceOptions } from '../service.ts';
import { integer, required, text, withDefault } from '../shape.ts';
import { requestDoor } from '../wire/door.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler } from '../wire/http.ts';
import { operationsOf } from '../wire/operations.ts';
import { type QueryMembers, queryProtocol } from '../wire/query-protocol.ts';

export interface StsOptions extends Omit<ServiceOptions, 'dataDir'> {
  /** Absent: there are no roles to assume. */
  readonly assume?: { readonly sessions: RoleSessions; readonly findRole: (arn: string) => Role | undefined };
}

type Context = Required<Pick<StsOptions, 'now' | 'permissions'>> & Pick<StsOptions, 'assume'>;

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const getCallerIdentity = operationsOf<Context, QueryMembers>({ format: 'query', access: 'signed' })(
  {},
  ({ permissions }) => {
    const { arn, userId } = permissions.caller();
    return { Arn: arn, UserId: userId, Account: ACCOUNT_ID };
  },
);

/** Maximum seconds of a session that another session opens. */
const CHAINED_SECONDS = 3600;

/** @throws AwsError `ValidationError` */
function checkDuration(seconds: number, { maxSessionDuration }: Role, sessions: RoleSessions): void {
  if (seconds > maxSessionDuration) {
    const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
    throw new AwsError('ValidationError', message);
  }
  if (seconds > CHAINED_SECONDS && sessions.current() !== undefined) {
    const message =
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
    throw new AwsError('ValidationError', message);
  }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const assumeRole = operationsOf<Context, QueryMembers>({ format: 'query' })(
  {
    RoleArn: required(text({ min: 20, max: 2048, pattern: /[\t\n\r -~\u0085\u00a0-\uffff]+/ })),
    RoleSessionName: required(text({ pattern: /[\w+=,.@-]{2,64}/ })),
    DurationSeconds: withDefault(integer({ min: 900, max: 43_200 }), 3600),
  },
  ({ assume, permissions, now }, { RoleArn, RoleSessionName, DurationSeconds }) => {
    const role = assume?.findRole(RoleArn);
    if (assume === undefined || role === undefined || !trustsAccount(role.trust)) {
      const message = `User: ${permissions.caller().arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
      throw new AwsError('AccessDenied', message, 403);
    }
    checkDuration(DurationSeconds, role, assume.sessions);
    const expires = new Date(now().getTime() + DurationSeconds * 1000);
    const { session, credentials } = assume.sessions.open(role, RoleSessionName, expires);
    return {
      Credentials: { ...credentials },
      AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    };
  },
);

/** The embedded STS: who signed a request, and sessions of roles that the account can assume. */
export function createSts(options: StsOptions): { readonly handle: HttpHandler } {
  return {
    handle: requestDoor({
      ...options,
      service: 'sts',
      protocol: queryProtocol({ namespace: 'https://sts.amazonaws.com/doc/', version: '2011-06-15' }),
      // Credentials are valid in all regions.
      anyRegion: true,
      operations: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity },
      context: () => ({ permissions: unrestricted, ...options }),
    }),
  };
}
