import { ACCOUNT_ID } from '../account.ts';
import type { Accessed } from '../iam/identity-policy.ts';
import { type Permissions, refuseDenied } from '../iam/permissions.ts';
import { checkFields, statementsOf, textsOf } from '../iam/statement.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { like } from '../s3/policy/conditions.ts';
import { AwsError, notSupported } from '../wire/errors.ts';
import { malformedPolicy } from './errors.ts';

/** Bytes. https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const LIMIT = 32_768;

const ROOT = `arn:aws:iam::${ACCOUNT_ID}:root`;

/** The policy of a key that is created without one: IAM decides. */
export const DEFAULT_POLICY: JsonObject = {
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: ROOT },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
};

/** Reads a key policy that is text. @throws AwsError `MalformedPolicyDocumentException` */
export function parsePolicy(text: string): JsonObject {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw malformedPolicy('The policy is not valid JSON.');
  }
  if (!isObject(policy)) throw malformedPolicy('The policy is not a JSON object.');
  return policy;
}

function principalsOf(principal: Json | undefined): readonly string[] {
  if (principal === '*') return ['*'];
  if (!isObject(principal)) throw malformedPolicy('Policy contains a statement with no principal.');
  return Object.entries(principal).flatMap(([kind, names]) => {
    const all = textsOf(names);
    if (kind === 'Service') return all.map((name) => `service ${name}`);
    if (kind !== 'AWS') throw notSupported(`a principal of the kind ${kind} in a key policy`);
    for (const name of all) {
      const isOurs = name === '*' || name === ACCOUNT_ID || name.startsWith(`arn:aws:iam::${ACCOUNT_ID}:`);
      if (!isOurs) throw notSupported(`the principal ${name} in a key policy`);
    }
    return all;
  });
}

function checkStatements(policy: JsonObject): void {
  for (const statement of statementsOf(policy)) {
    for (const name of ['Condition', 'NotPrincipal', 'NotAction', 'NotResource']) {
      if (statement[name] !== undefined) throw notSupported(`${name} in a key policy`);
    }
    checkFields(statement, {
      pairs: [
        ['Principal', 'NotPrincipal'],
        ['Action', 'NotAction'],
        ['Resource', 'NotResource'],
      ],
      prohibited: [],
    });
    principalsOf(statement.Principal);
    const actions = textsOf(statement.Action);
    if (!actions.every((action) => action === '*' || /^kms:[A-Za-z*?]+$/i.test(action))) {
      throw malformedPolicy('Policy contains a statement with an invalid action.');
    }
    textsOf(statement.Resource);
  }
}

/** What a policy is asked. */
interface Access {
  readonly caller: string;
  /** Such as `kms:Sign`. */
  readonly action: string;
  readonly keyArn: string;
}

/** Whether a policy allows an action. To name the account is to leave it to IAM, which was asked before. */
function allows(policy: JsonObject, { caller, action, keyArn }: Access): boolean {
  const applying = statementsOf(policy).filter(
    ({ Principal, Action, Resource }) =>
      principalsOf(Principal).some((name) => ['*', ACCOUNT_ID, ROOT, caller].includes(name)) &&
      textsOf(Action).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase())) &&
      textsOf(Resource).some((pattern) => like(keyArn, pattern)),
  );
  return applying.every(({ Effect }) => Effect === 'Allow') && applying.length > 0;
}

/**
 * Refuses a policy that KMS would not take: one that is malformed, or under which its author could not change it again.
 * @param skipsLockout the request bypasses the second check
 * @throws AwsError `MalformedPolicyDocumentException`
 */
export function checkPolicy(
  policy: JsonObject,
  keyArn: string,
  { caller }: Permissions,
  skipsLockout: boolean,
): void {
  if (Buffer.byteLength(JSON.stringify(policy)) > LIMIT) {
    throw new AwsError('LimitExceededException', `The key policy is larger than ${LIMIT} bytes.`);
  }
  try {
    checkStatements(policy);
  } catch (error) {
    // IAM's code for the same lacks the suffix.
    if (error instanceof AwsError && error.code === 'MalformedPolicyDocument')
      throw malformedPolicy(error.message);
    throw error;
  }
  if (skipsLockout || allows(policy, { caller: caller().arn, action: 'kms:PutKeyPolicy', keyArn })) return;
  throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
}

/** Refuses what IAM denies, and what the key policy does not allow. @throws AwsError `AccessDeniedException` */
export function refuseByPolicy(
  policy: JsonObject,
  permissions: Permissions,
  action: string,
  accessed: Accessed,
): void {
  const { resource: keyArn } = accessed;
  refuseDenied(permissions, action, 'AccessDeniedException', () => accessed);
  const caller = permissions.caller().arn;
  if (allows(policy, { caller, action, keyArn })) return;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${caller} is not authorized to perform: ${action} on resource: ${keyArn} because no resource-based policy allows the ${action} action`,
  );
}
