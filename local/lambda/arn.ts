import { ACCOUNT_ID, REGION } from '../account.ts';
import { AwsError } from '../wire/errors.ts';
import { functionNotFound, invalidParameter } from './errors.ts';

/** The version that is not yet published. */
export const LATEST = '$LATEST';

const PREFIX = `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:`;
const IDENTIFIER =
  /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:|(\d{12}):function:|function:)?([a-zA-Z0-9-_]{1,64})(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;

export function functionArn(name: string, version?: string): string {
  return version === undefined ? `${PREFIX}${name}` : `${PREFIX}${name}:${version}`;
}

/** Name and version of a published version's ARN; `undefined` for whatever else. */
export function parseVersionArn(arn: string): { name: string; version: string } | undefined {
  const [name, version, ...rest] = arn.startsWith(PREFIX) ? arn.slice(PREFIX.length).split(':') : [];
  return name && version && /^\d+$/.test(version) && rest.length === 0 ? { name, version } : undefined;
}

/**
 * A function as clients name it: by name, ARN or partial ARN, the qualifier within or apart.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
 */
export function parseIdentifier(
  text: string,
  qualifier?: string,
): { name: string; qualifier: string | undefined } {
  const match = IDENTIFIER.exec(text);
  const name = match?.[4];
  if (match === null || name === undefined) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must be a function name, ARN or partial ARN`,
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
