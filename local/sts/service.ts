import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { type Permissions, unrestricted } from '../iam/permissions.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest } from '../wire/http.ts';
import { queryError, queryResult } from '../wire/query-answer.ts';
import type { XmlChildren } from '../wire/xml.ts';

export interface StsOptions {
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions?: Permissions;
}

const VERSION = '2011-06-15';
const NAMESPACE = `https://sts.amazonaws.com/doc/${VERSION}/`;

/**
 * The embedded STS: who signed a request. The embedded account has its root user and nobody else.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function createSts(options: StsOptions): { handle: HttpHandler } {
  return {
    async handle(request) {
      const asked = { namespace: NAMESPACE, requestId: randomUUID() };
      try {
        return queryResult(asked, 'GetCallerIdentity', await perform(request, options));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return queryError(asked, error);
      }
    },
  };
}

async function perform(
  request: HttpRequest,
  { identities, now, permissions = unrestricted }: StsOptions,
): Promise<XmlChildren> {
  const { principal, text } = await authenticatedText(request, { service: 'sts', identities, now: now() });
  const parameters = new URLSearchParams(request.method === 'GET' ? request.query : text);
  const action = parameters.get('Action');
  const version = parameters.get('Version');
  if (action === null) throw new AwsError('MissingAction', 'The request must contain the parameter Action.');
  if (action !== 'GetCallerIdentity' || version !== VERSION) {
    throw new AwsError(
      'InvalidAction',
      `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    );
  }
  if (principal.kind === 'anonymous') {
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  if (principal.kind !== 'account') {
    throw new AwsError('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
  }
  const { arn, userId } = permissions.caller();
  return { Arn: arn, UserId: userId, Account: ACCOUNT_ID };
}
