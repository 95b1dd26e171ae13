import type { HttpRequest } from './wire/http.ts';

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

export type ServiceName = (typeof SIGNED_FOR)[number] | 'control';

const CREDENTIAL_SCOPE = /Credential=[^/,\s]+\/\d{8}\/[^/,\s]+\/([a-z0-9-]+)\/aws4_request/;

/** Links in mails, which carry no signature. */
const SNS_LINK = /(?:^|&)Action=(?:ConfirmSubscription|Unsubscribe)(?:&|$)/;

/**
 * Returns the service of a request. AWS decides by the host name; one endpoint decides by the service that the client
 * signed for, or by the form of an unsigned request. S3 gets all others.
 */
export function serviceOf({ method, path, query, headers }: HttpRequest): ServiceName {
  if (path.startsWith('/_edge-upload/')) return 'control';
  const scope = CREDENTIAL_SCOPE.exec(headers.authorization ?? '')?.[1];
  const signedFor = SIGNED_FOR.find((service) => service === scope);
  if (signedFor !== undefined) return signedFor;
  if (headers['x-amz-target']?.startsWith('AWSCognitoIdentityProviderService.')) return 'cognito-idp';
  if (/^\/[a-z0-9-]+_[A-Za-z0-9]+\/\.well-known\//.test(path)) return 'cognito-idp';
  if (/^\/(2015-03-31\/functions|2016-08-19\/account-settings)/.test(path)) return 'lambda';
  if (method === 'GET' && path === '/' && SNS_LINK.test(query)) return 'sns';
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return form && path === '/' ? 'cloudformation' : 's3';
}
