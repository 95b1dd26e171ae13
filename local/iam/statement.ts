import type { JsonObject } from '../json.ts';
import { readStatements, type Statement } from '../policy/statement.ts';
import { AwsError } from '../wire/errors.ts';

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
