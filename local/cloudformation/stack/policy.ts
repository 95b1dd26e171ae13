import { isObject, type Json, type JsonObject, parseObject } from '../../json.ts';
import type { AwsError } from '../../wire/errors.ts';
import { validationError } from '../errors.ts';

export type UpdateAction = 'Update:Modify' | 'Update:Replace' | 'Update:Delete';

/** Maximum characters of a policy: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html */
const LIMIT = 16_384;

const ACTION = /^(\*|Update:(\*|Modify|Replace|Delete))$/;
const RESOURCE = /^(\*|LogicalResourceId\/[A-Za-z0-9*?]+)$/;
const FIELDS = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

interface Statement {
  readonly allows: boolean;
  matches(action: UpdateAction, logicalId: string, type: string): boolean;
}

/** @throws AwsError `ValidationError` for an invalid stack policy */
export function checkStackPolicy(text: string): void {
  statementsOf(text);
}

/**
 * Returns why a stack policy denies an update of a resource; `undefined` if it allows the update. A denial overrides
 * every permission, and an update that no statement allows is denied.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 */
export function denialByPolicy(
  policy: string | undefined,
  action: UpdateAction,
  { logicalId, type }: { readonly logicalId: string; readonly type: string },
): string | undefined {
  if (policy === undefined) return undefined;
  const matching = statementsOf(policy)
    .map((statement, index) => ({ statement, number: index + 1 }))
    .filter(({ statement }) => statement.matches(action, logicalId, type));
  const denial = matching.find(({ statement }) => !statement.allows);
  if (denial !== undefined) {
    return `Action denied by stack policy: Statement [#${denial.number}] does not allow [${action}] for resource [LogicalResourceId/${logicalId}];`;
  }
  return matching.length > 0
    ? undefined
    : `Action not allowed by stack policy: no statement allows [${action}] for resource [LogicalResourceId/${logicalId}];`;
}

function statementsOf(text: string): Statement[] {
  if (text.length > LIMIT) throw invalid(`longer than ${LIMIT} characters`);
  const { Statement: statements, ...rest } = parseObject(text, invalid);
  const unknown = Object.keys(rest).find((name) => name !== 'Version' && name !== 'Id');
  if (unknown !== undefined) throw invalid(`unknown field ${unknown}`);
  if (!Array.isArray(statements) || statements.length === 0) throw invalid('Statement must be a list');
  return statements.map(readStatement);
}

function readStatement(source: Json): Statement {
  if (!isObject(source)) throw invalid('a statement must be an object');
  const unknown = Object.keys(source).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw invalid(`unknown field ${unknown}`);
  const { Effect: effect, Principal: principal, Condition: condition } = source;
  if (effect !== 'Allow' && effect !== 'Deny') throw invalid('Effect must be Allow or Deny');
  const isEveryone = principal === '*' || (isObject(principal) && principal.AWS === '*');
  if (!isEveryone) throw invalid('Principal must be *');
  const ofAction = oneOf(source, 'Action', ACTION);
  const ofResource = oneOf(source, 'Resource', RESOURCE);
  const ofType = condition === undefined ? () => true : typeCondition(condition);
  return {
    allows: effect === 'Allow',
    matches: (action, logicalId, type) =>
      ofAction(action) && ofResource(`LogicalResourceId/${logicalId}`) && ofType(type),
  };
}

/** Reads `Action` or `NotAction`, or `Resource` or `NotResource`. One of the two is required. */
function oneOf(statement: JsonObject, name: string, form: RegExp): (text: string) => boolean {
  const [plain, negated] = [statement[name], statement[`Not${name}`]];
  if ((plain === undefined) === (negated === undefined)) {
    throw invalid(`one of ${name} and Not${name} is required`);
  }
  const patterns = textsOf(plain ?? negated, name);
  const wrong = patterns.find((pattern) => !form.test(pattern));
  if (wrong !== undefined) throw invalid(`${name} ${wrong} is not valid`);
  const matches = anyOf(patterns);
  return plain === undefined ? (text) => !matches(text) : matches;
}

function typeCondition(condition: Json): (type: string) => boolean {
  if (!isObject(condition)) throw invalid('Condition must be an object');
  const tests = Object.entries(condition).map(([operator, operands]) => {
    const known = operator === 'StringEquals' || operator === 'StringLike';
    if (!known || !isObject(operands) || Object.keys(operands).join() !== 'ResourceType') {
      throw invalid('Condition may be StringEquals or StringLike of ResourceType');
    }
    const types = textsOf(operands.ResourceType, 'ResourceType');
    return operator === 'StringLike' ? anyOf(types) : (type: string) => types.includes(type);
  });
  return (type) => tests.every((test) => test(type));
}

/** Returns whether a text matches one of the patterns, in which `*` and `?` are wildcards. */
function anyOf(patterns: readonly string[]): (text: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
  });
  return (text) => expressions.some((expression) => expression.test(text));
}

function textsOf(value: Json | undefined, name: string): string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) => {
    if (typeof item !== 'string') throw invalid(`${name} must be a string or a list of strings`);
    return item;
  });
}

/** Only the words before the reason are AWS's own. */
function invalid(why: string): AwsError {
  return validationError(`Error validating stack policy: Invalid stack policy: ${why}`);
}
