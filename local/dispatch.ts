import type { HttpRequest } from './wire/http.ts';

export type ServiceName =
  | 's3'
  | 'cognito-idp'
  | 'cloudformation'
  | 'lambda'
  | 'logs'
  | 'sts'
  | 'iam'
  | 'control';

const CREDENTIAL_SCOPE = /Credential=[^/,\s]+\/\d{8}\/[^/,\s]+\/([a-z0-9-]+)\/aws4_request/;
const SIGNED_FOR = new Set<string>(['s3', 'cognito-idp', 'cloudformation', 'lambda', 'logs', 'sts', 'iam']);

/**
 * Which service a request is for. On AWS the host name tells; here there is one host, so what the client signed for
 * tells, and for unsigned requests the shape that only one service has. The rest is for S3, whose paths are free.
 */
export function serviceOf({ path, headers }: HttpRequest): ServiceName {
  if (path.startsWith('/_edge-upload/')) return 'control';
  const signedFor = CREDENTIAL_SCOPE.exec(headers.authorization ?? '')?.[1];
  if (signedFor !== undefined && SIGNED_FOR.has(signedFor)) return signedFor as ServiceName;
  if (headers['x-amz-target']?.startsWith('AWSCognitoIdentityProviderService.')) return 'cognito-idp';
  if (/^\/[a-z0-9-]+_[A-Za-z0-9]+\/\.well-known\//.test(path)) return 'cognito-idp';
  if (/^\/(2015-03-31\/functions|2016-08-19\/account-settings)/.test(path)) return 'lambda';
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return form && path === '/' ? 'cloudformation' : 's3';
}
