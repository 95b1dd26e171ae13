import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { type Permissions, unrestricted } from '../iam/permissions.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../wire/http.ts';
import { type XmlChildren, xmlDocument } from '../wire/xml.ts';

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
      const requestId = randomUUID();
      try {
        const children = await perform(request, requestId, options);
        return respond(200, requestId, 'GetCallerIdentityResponse', children);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        return respond(error.status, requestId, 'ErrorResponse', errorOf(error, requestId));
      }
    },
  };
}

async function perform(
  request: HttpRequest,
  requestId: string,
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
  return {
    GetCallerIdentityResult: { Arn: arn, UserId: userId, Account: ACCOUNT_ID },
    ResponseMetadata: { RequestId: requestId },
  };
}

function errorOf({ code, message, status }: AwsError, requestId: string): XmlChildren {
  const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message };
  return { Error: error, RequestId: requestId };
}

function respond(status: number, requestId: string, root: string, children: XmlChildren): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xmlDocument(root, children, { namespace: NAMESPACE }),
  };
}
