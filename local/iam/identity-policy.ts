import { isObject, type JsonObject } from '../json.ts';
import { like } from '../s3/policy/conditions.ts';
import { notSupported } from '../wire/errors.ts';
import { checkIdentityPolicy, statementsOf, textsOf } from './statement.ts';

/** The subject of a call, as policies see it. */
export interface Accessed {
  /** An ARN, or `*` for a call without a resource. */
  readonly resource: string;
  /** Values of condition keys, such as `kms:KeySpec`. */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Validates a policy that the embedded cloud has to evaluate. Elements that it cannot evaluate are refused by name.
 * @throws AwsError
 */
export function checkEvaluatedPolicy(document: JsonObject): void {
  checkIdentityPolicy(document);
  for (const { NotAction, NotResource, Condition = {} } of statementsOf(document)) {
    if (NotAction !== undefined) throw notSupported('NotAction in the policy of a role that is assumed');
    if (NotResource !== undefined) throw notSupported('NotResource in the policy of a role that is assumed');
    const operators = isObject(Condition) ? Object.keys(Condition) : [];
    const unknown = operators.find((operator) => operator !== 'StringEquals');
    if (unknown !== undefined) throw notSupported(`the condition ${unknown} in the policy of a role`);
  }
  if (JSON.stringify(document).includes('${')) throw notSupported('policy variables');
}

/** Whether a statement covers an action and a resource, regardless of its conditions. */
function isAbout({ Action, Resource }: JsonObject, action: string, resource: string): boolean {
  return (
    textsOf(Action).some((pattern) => like(action.toLowerCase(), pattern.toLowerCase())) &&
    textsOf(Resource).some((pattern) => like(resource, pattern))
  );
}

/** Returns the values that a statement requires, by condition key. */
function conditionsOf({ Condition = {} }: JsonObject): readonly (readonly [key: string, values: string[]])[] {
  const { StringEquals = {} } = isObject(Condition) ? Condition : {};
  const wanted = isObject(StringEquals) ? Object.entries(StringEquals) : [];
  return wanted.map(([key, values]) => [key, textsOf(values)]);
}

/** Returns the condition keys that decide about an action but are unknown in a simulation. */
export function missingContext(policies: readonly JsonObject[], action: string, resource: string): string[] {
  const keys = policies
    .flatMap((policy) => statementsOf(policy))
    .filter((statement) => isAbout(statement, action, resource))
    .flatMap((statement) => conditionsOf(statement).map(([key]) => key));
  return [...new Set(keys)];
}

/**
 * Whether policies allow an action: at least one statement allows it, and none denies it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function isAllowedBy(policies: readonly JsonObject[], action: string, accessed: Accessed): boolean {
  const { resource, context = {} } = accessed;
  for (const policy of policies) checkEvaluatedPolicy(policy);
  const applying = policies
    .flatMap((policy) => statementsOf(policy))
    .filter(
      (statement) =>
        isAbout(statement, action, resource) &&
        conditionsOf(statement).every(([key, values]) => values.includes(context[key] ?? '')),
    );
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}
