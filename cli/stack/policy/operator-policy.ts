import { omitUndefined } from '../../../protocol/fields.ts';
import { EXTRA_STATEMENTS } from './extra-statements.ts';
import { OPERATOR_POLICY, type OperatorStatement, type PolicyCondition } from './operator-statements.ts';

export interface PolicyScope {
  readonly account: string;
  readonly stackName: string;
  /** Omits what `destroy`, `ls`, `get` and `user` need beyond `deploy`. */
  readonly deployOnly?: boolean;
  /** Returns only the statements for options and commands that most deployments do not use. */
  readonly extras?: boolean;
  /** A bucket whose name does not begin with the stack's. */
  readonly bucketName?: string;
}

/** CloudFormation truncates a long stack name to this many characters in the names of buckets. */
const STACK_IN_BUCKET = 24;

/** Returns the beginning of the names of a stack's buckets, which CloudFormation writes in lower case. */
export function bucketBeginning(stackName: string): string {
  const name = stackName.toLowerCase();
  return name.length > STACK_IN_BUCKET ? name.slice(0, STACK_IN_BUCKET) : `${name}-`;
}

function fill(pattern: string, { account, stackName, bucketName }: PolicyScope): string[] {
  if (!pattern.startsWith('arn:aws:s3:::')) {
    return [pattern.replaceAll('<account>', account).replaceAll('<stack>', stackName)];
  }
  const beginning = bucketBeginning(stackName);
  const filled = pattern.replace('<stack>-', beginning);
  if (bucketName === undefined || bucketName.startsWith(beginning)) return [filled];
  return [filled, pattern.replace('<stack>-*', bucketName)];
}

/** Returns the statements of the policy for one account and stack. */
export function operatorPolicy(scope: PolicyScope): OperatorStatement[] {
  const { deployOnly = false, extras = false } = scope;
  const statements = extras ? EXTRA_STATEMENTS : OPERATOR_POLICY;
  return statements
    .filter(({ beyondDeploy }) => !(deployOnly && beyondDeploy))
    .map(({ resources, condition, ...statement }) => ({
      ...statement,
      resources: resources.flatMap((pattern) => fill(pattern, scope)),
      ...omitUndefined({ condition: condition && filledCondition(condition, scope) }),
    }));
}

function filledCondition({ StringEquals }: PolicyCondition, { stackName }: PolicyScope): PolicyCondition {
  const filled = Object.entries(StringEquals).map(([key, value]) => [
    key,
    value.replaceAll('<stack>', stackName),
  ]);
  return { StringEquals: Object.fromEntries(filled) };
}

interface PolicyDocument {
  readonly Version: string;
  readonly Statement: {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: string[];
    readonly Resource: string[];
    readonly Condition?: PolicyCondition;
  }[];
}

/** IAM's limit for a managed policy, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const POLICY_LIMIT_CHARACTERS = 6144;

/** Returns the policy in IAM's format. */
export function policyDocument(scope: PolicyScope): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: operatorPolicy(scope).map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: [...actions],
      Resource: [...resources],
      ...omitUndefined({ Condition: condition }),
    })),
  };
}
