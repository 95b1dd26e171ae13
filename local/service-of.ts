import { notSupported } from './wire/errors.ts';
import type { HttpHandler, HttpRequest } from './wire/http.ts';
import { jsonProtocol } from './wire/json-protocol.ts';
import { queryProtocol } from './wire/query-protocol.ts';

/** Services by the name that requests are signed for. */
const SIGNED_FOR = [
  's3',
  'cognito-idp',
  'cloudformation',
  'lambda',
  'logs',
  'sts',
  'iam',
  'events',
  'kms',
  'sns',
] as const;

export type ServiceName = (typeof SIGNED_FOR)[number] | 'control' | 'unsupported';

const CREDENTIAL_SCOPE = /Credential=[^/,\s]+\/\d{8}\/[^/,\s]+\/([a-z0-9-]+)\/aws4_request/;

/** Links in mails, which carry no signature. */
const SNS_LINK = /(?:^|&)Action=(?:ConfirmSubscription|Unsubscribe)(?:&|$)/;

const scopeOf = ({ headers }: HttpRequest) => CREDENTIAL_SCOPE.exec(headers.authorization ?? '')?.[1];

/**
 * Returns the service of a request. AWS decides by the host name; one endpoint decides by the service that the client
 * signed for, or by the form of an unsigned request. S3 gets all others.
 */
export function serviceOf(request: HttpRequest): ServiceName {
  const { method, path, query, headers } = request;
  if (path.startsWith('/_edge-upload/')) return 'control';
  const scope = scopeOf(request);
  if (scope !== undefined) return SIGNED_FOR.find((service) => service === scope) ?? 'unsupported';
  if (headers['x-amz-target']?.startsWith('AWSCognitoIdentityProviderService.')) return 'cognito-idp';
  if (/^\/[a-z0-9-]+_[A-Za-z0-9]+\/\.well-known\//.test(path)) return 'cognito-idp';
  if (/^\/(2015-03-31\/functions|2016-08-19\/account-settings)/.test(path)) return 'lambda';
  if (method === 'GET' && path === '/' && SNS_LINK.test(query)) return 'sns';
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return form && path === '/' ? 'cloudformation' : 's3';
}

/** Services whose clients expect XML without sending a form. */
const REST_XML = /^(?:cloudfront|route53|s3.*)$/;

/** Refuses a request to a service that the embedded cloud does not have, in the format of that service. */
export const refuseService: HttpHandler = async (request) => {
  const service = scopeOf(request) ?? '';
  const error = notSupported(`requests to the service ${service}`, 'UnknownOperationException');
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const protocol =
    isForm || REST_XML.test(service)
      ? queryProtocol({ namespace: `https://${service}.amazonaws.com/`, version: 'doc' })
      : jsonProtocol('');
  return protocol.failure(error);
};
