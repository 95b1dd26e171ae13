import type { JsonObject } from '../json.ts';
import { covers, decision, readStatements, type Statement } from '../policy/statement.ts';
import { text } from '../shape.ts';
import { AwsError, notSupported } from '../wire/errors.ts';

/** The text of a policy in a request. */
export const policyText = text({ min: 1, max: 131_072, pattern: /[\t\n\r\u0020-\u00ff]+/ });

export const malformed = (message: string) => new AwsError('MalformedPolicyDocument', message);

/** Reads an identity-based policy, validated as IAM does. */
export function readIdentityPolicy(document: JsonObject): Statement[] {
  const statements = readStatements(document, { elements: ['Action', 'Resource'], malformed });
  for (const { actions, resources } of statements) {
    if (!actions.names.every((action) => action === '*' || /^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action))) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
    const wrong = resources?.names.find(
      (name) => name !== '*' && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/.test(name),
    );
    if (wrong !== undefined) throw malformed(`Resource ${wrong} must be in ARN format or "*".`);
  }
  return statements;
}

/** The subject of a call, as policies see it. */
export interface Accessed {
  /** An ARN, or `*` for a call without a resource. */
  readonly resource: string;
  /** Values of condition keys, such as `kms:KeySpec`. */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Reads a policy that the embedded cloud has to evaluate. Elements that it cannot evaluate are refused by name.
 * @throws AwsError
 */
export function readEvaluatedPolicy(document: JsonObject): Statement[] {
  const statements = readIdentityPolicy(document);
  for (const { actions, resources, conditions } of statements) {
    if (actions.negated) throw notSupported('NotAction in the policy of a role that is assumed');
    if (resources?.negated) throw notSupported('NotResource in the policy of a role that is assumed');
    const unknown = conditions.find(({ operator }) => operator !== 'StringEquals');
    if (unknown !== undefined)
      throw notSupported(`the condition ${unknown.operator} in the policy of a role`);
  }
  if (JSON.stringify(document).includes('${')) throw notSupported('policy variables');
  return statements;
}

/** Returns the condition keys that decide about an action but are unknown in a simulation. */
export function missingContext(policies: readonly JsonObject[], action: string, resource: string): string[] {
  const keys = policies
    .flatMap(readIdentityPolicy)
    .filter((statement) => covers(statement, { action, resource }))
    .flatMap(({ conditions }) => conditions.map(({ key }) => key));
  return [...new Set(keys)];
}

/** Whether policies allow an action: at least one statement allows it, and none denies it. */
export function isAllowedBy(policies: readonly JsonObject[], action: string, accessed: Accessed): boolean {
  const { resource, context = {} } = accessed;
  const applying = policies
    .flatMap(readEvaluatedPolicy)
    .filter(
      (statement) =>
        covers(statement, { action, resource }) &&
        statement.conditions.every(({ key, values }) => values.includes(context[key] ?? '')),
    );
  return decision(applying) === 'Allow';
}
