import { ACCOUNT_ID } from '../account.ts';
import type { Accessed } from '../iam/identity-policy.ts';
import { type Permissions, refuseDenied } from '../iam/permissions.ts';
import { type JsonObject, parseObject } from '../json.ts';
import {
  covers,
  decision,
  type NamedPrincipal,
  readStatements,
  refuseNegations,
  type Statement,
} from '../policy/statement.ts';
import { AwsError, notSupported } from '../wire/errors.ts';

/** Maximum bytes: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html */
const LIMIT = 32_768;

const malformedPolicy = (message: string) => new AwsError('MalformedPolicyDocumentException', message);

const ROOT = `arn:aws:iam::${ACCOUNT_ID}:root`;

/** The policy of a key that is created without one. It leaves every decision to IAM. */
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

/**
 * Parses the text of a key policy.
 * @throws AwsError `MalformedPolicyDocumentException`
 */
export function parsePolicy(text: string): JsonObject {
  return parseObject(text, (why) =>
    malformedPolicy(`The policy is ${why === 'not JSON' ? 'not valid JSON' : 'not a JSON object'}.`),
  );
}

function readPolicy(policy: JsonObject): Statement[] {
  const grammar = { elements: ['Principal', 'Action', 'Resource'], malformed: malformedPolicy } as const;
  const statements = readStatements(policy, grammar);
  for (const { principals, actions, resources, isConditional } of statements) {
    refuseNegations({ principals, actions, resources }, 'a key policy');
    if (isConditional) throw notSupported('Condition in a key policy');
    for (const { kind, name } of principals?.names ?? []) {
      if (kind === 'Service') continue;
      if (kind !== 'AWS') throw notSupported(`a principal of the kind ${kind} in a key policy`);
      const isOurs = name === '*' || name === ACCOUNT_ID || name.startsWith(`arn:aws:iam::${ACCOUNT_ID}:`);
      if (!isOurs) throw notSupported(`the principal ${name} in a key policy`);
    }
    if (!actions.names.every((action) => action === '*' || /^kms:[A-Za-z*?]+$/i.test(action))) {
      throw malformedPolicy('Policy contains a statement with an invalid action.');
    }
  }
  return statements;
}

/** A request that a policy can allow. */
interface Access {
  readonly caller: string;
  /** Such as `kms:Sign`. */
  readonly action: string;
  readonly keyArn: string;
}

/** Whether a policy allows an action. A principal that is the account leaves it to IAM, which is checked before. */
function allows(policy: JsonObject, { caller, action, keyArn: resource }: Access): boolean {
  const isPrincipal = ({ kind, name }: NamedPrincipal) =>
    kind === 'AWS' && ['*', ACCOUNT_ID, ROOT, caller].includes(name);
  const applying = readPolicy(policy).filter((one) => covers(one, { isPrincipal, action, resource }));
  return decision(applying) === 'Allow';
}

/**
 * Refuses a malformed policy, and one that locks its author out of changing it.
 * @param skipsLockout whether the request bypasses the check of a lockout
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
  readPolicy(policy);
  if (skipsLockout || allows(policy, { caller: caller().arn, action: 'kms:PutKeyPolicy', keyArn })) return;
  throw malformedPolicy('The new key policy will not allow you to update the key policy in the future.');
}

/** @throws AwsError `AccessDeniedException` for an action that IAM denies or the key policy does not allow */
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
