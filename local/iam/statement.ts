import { isObject, type Json, type JsonObject } from '../json.ts';
import { AwsError } from '../wire/errors.ts';

export const malformed = (message: string) => new AwsError('MalformedPolicyDocument', message);

const VERSIONS: readonly Json[] = ['2012-10-17', '2008-10-17'];

/**
 * Returns the statements of a policy document. Checks the rules that all kinds of policies share.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function statementsOf(document: JsonObject): JsonObject[] {
  for (const name of Object.keys(document)) {
    if (!['Version', 'Id', 'Statement'].includes(name)) throw malformed(`Unknown field ${name}`);
  }
  const { Version: version, Statement: statement } = document;
  if (version !== undefined && !VERSIONS.includes(version))
    throw malformed('The policy must contain a valid version string');
  if (statement === undefined) throw malformed('Missing required field Statement');
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0) throw malformed('The policy failed legacy parsing');
  return statements.map(readStatement);
}

function readStatement(value: Json): JsonObject {
  if (!isObject(value)) throw malformed('Syntax errors in policy.');
  if (value.Effect !== 'Allow' && value.Effect !== 'Deny') {
    throw malformed(
      value.Effect === undefined
        ? 'Missing required field Effect'
        : `Invalid effect: ${JSON.stringify(value.Effect)}`,
    );
  }
  if (value.Sid !== undefined && typeof value.Sid !== 'string') throw malformed('Syntax errors in policy.');
  if (value.Condition !== undefined && !isObject(value.Condition))
    throw malformed('Syntax errors in policy.');
  return value;
}

/** Refuses fields that a policy does not have. Requires one of each pair, such as Action and NotAction. */
export function checkFields(
  statement: JsonObject,
  { pairs, prohibited }: { pairs: readonly (readonly [string, string])[]; prohibited: readonly string[] },
): void {
  const known = ['Sid', 'Effect', 'Condition', ...pairs.flat()];
  for (const name of Object.keys(statement)) {
    if (prohibited.includes(name)) throw malformed(`Has prohibited field ${name}`);
    if (!known.includes(name)) throw malformed(`Unknown field ${name}`);
  }
  for (const [name, opposite] of pairs) {
    const present = [name, opposite].filter((field) => statement[field] !== undefined);
    if (present.length === 0) throw malformed(`Missing required field ${name}`);
    if (present.length > 1) throw malformed(`Statement may not have both ${name} and ${opposite}`);
  }
}

/** Returns the strings of a field with one string or a list. */
export function textsOf(value: Json | undefined): string[] {
  const items = value === undefined ? [] : Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (typeof item !== 'string') throw malformed('Syntax errors in policy.');
    return item;
  });
}

/** Validates an identity-based policy as IAM does. */
export function checkIdentityPolicy(document: JsonObject): void {
  for (const statement of statementsOf(document)) {
    checkFields(statement, {
      pairs: [
        ['Action', 'NotAction'],
        ['Resource', 'NotResource'],
      ],
      prohibited: ['Principal', 'NotPrincipal'],
    });
    for (const action of textsOf(statement.Action ?? statement.NotAction)) {
      if (action !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action)) {
        throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      }
    }
    for (const resource of textsOf(statement.Resource ?? statement.NotResource)) {
      if (resource !== '*' && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:.+$/.test(resource)) {
        throw malformed(`Resource ${resource} must be in ARN format or "*".`);
      }
    }
  }
}
