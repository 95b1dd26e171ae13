import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, arnOf, REGION } from '../account.ts';
import { AwsError } from '../wire/errors.ts';
import type { Configuration } from './model.ts';

/** Lambda's own errors, https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's page. */
export const functionNotFound = (arn: string) =>
  new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404);

export const invalidParameter = (message: string) => new AwsError('InvalidParameterValueException', message);

export const replicated = (versionArn: string) =>
  invalidParameter(
    `Lambda was unable to delete ${versionArn} because it is a replicated function. ` +
      'Please see our documentation for Deleting Lambda@Edge Functions and Replicas.',
  );

/** The version that is not yet published. */
export const LATEST = '$LATEST';

const PREFIX = arnOf('lambda', 'function:');
const IDENTIFIER =
  /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:|(\d{12}):function:|function:)?([a-zA-Z0-9-_]{1,64})(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_RequestParameters */
const QUALIFIER = /^[a-zA-Z0-9$_.-]{1,128}$/;

const invalidValue = (value: string, member: string, constraint: string) =>
  new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );

export function functionArn(name: string, version?: string): string {
  return version === undefined ? `${PREFIX}${name}` : `${PREFIX}${name}:${version}`;
}

/** Returns name and version of a published version's ARN; `undefined` for any other text. */
export function parseVersionArn(arn: string): { name: string; version: string } | undefined {
  const [name, version, ...rest] = arn.startsWith(PREFIX) ? arn.slice(PREFIX.length).split(':') : [];
  return name && version && /^\d+$/.test(version) && rest.length === 0 ? { name, version } : undefined;
}

/**
 * A function as clients name it: by name, ARN or partial ARN, with the qualifier in it or separate.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
 */
export function parseIdentifier(
  text: string,
  qualifier?: string,
): { name: string; qualifier: string | undefined } {
  const match = IDENTIFIER.exec(text);
  const name = match?.[4];
  if (match === null || name === undefined) {
    throw invalidValue(text, 'functionName', 'Member must be a function name, ARN or partial ARN');
  }
  if (qualifier !== undefined && !QUALIFIER.test(qualifier)) {
    throw invalidValue(
      qualifier,
      'qualifier',
      `Member must satisfy regular expression pattern: ${QUALIFIER.source}`,
    );
  }
  const [, region = REGION, account = ACCOUNT_ID, partialAccount = ACCOUNT_ID, , inName] = match;
  if (region !== REGION || account !== ACCOUNT_ID || partialAccount !== ACCOUNT_ID)
    throw functionNotFound(text);
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) {
    throw invalidParameter(
      'The derived qualifier from the function name does not match the specified qualifier.',
    );
  }
  return { name, qualifier: qualifier ?? inName };
}

/** Returns a function's default log group, used unless its LoggingConfig names another. */
export function defaultLogGroup(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}

/**
 * Returns the log group of a function's replicas: the one in its LoggingConfig, or one named after its home Region.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
 */
export function logGroupAtEdge(functionName: string, { logGroup }: Configuration): string {
  return logGroup === defaultLogGroup(functionName) ? `/aws/lambda/us-east-1.${functionName}` : logGroup;
}

/** Generates a stream name like Lambda's: `2026/11/23/[3]` and 32 hexadecimal digits. */
export function logStreamName(now: Date, version: string): string {
  return `${now.toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${randomBytes(16).toString('hex')}`;
}
