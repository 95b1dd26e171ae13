import { randomUUID } from 'node:crypto';
import { XMLBuilder } from 'fast-xml-parser';
import { ACCOUNT_ID } from '../account.ts';
import type { Identities } from '../auth/identities.ts';
import { authenticatedText } from '../auth/sigv4.ts';
import { type Permissions, unrestricted } from '../iam/permissions.ts';
import { AwsError } from '../wire/errors.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../wire/http.ts';

export interface StsOptions {
  readonly identities: Identities;
  readonly now: () => Date;
  readonly permissions?: Permissions;
}

const VERSION = '2011-06-15';
const NAMESPACE = `https://sts.amazonaws.com/doc/${VERSION}/`;
const xml = new XMLBuilder({ attributeNamePrefix: '@', ignoreAttributes: false });

/**
 * The embedded STS: who signed a request. The embedded account has its root user and nobody else.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function createSts(options: StsOptions): { handle: HttpHandler } {
  return {
    async handle(request) {
      const requestId = randomUUID();
      try {
        return respond(200, requestId, await perform(request, requestId, options));
      } catch (error) {
        if (error instanceof AwsError)
          return respond(error.status, requestId, errorDocument(error, requestId));
        throw error;
      }
    },
  };
}

async function perform(
  request: HttpRequest,
  requestId: string,
  { identities, now, permissions = unrestricted }: StsOptions,
): Promise<object> {
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
    GetCallerIdentityResponse: {
      '@xmlns': NAMESPACE,
      GetCallerIdentityResult: {
        Arn: arn,
        UserId: userId,
        Account: ACCOUNT_ID,
      },
      ResponseMetadata: { RequestId: requestId },
    },
  };
}

function errorDocument({ code, message, status }: AwsError, requestId: string): object {
  const error = { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message };
  return { ErrorResponse: { '@xmlns': NAMESPACE, Error: error, RequestId: requestId } };
}

function respond(status: number, requestId: string, document: object): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: xml.build(document),
  };
}
