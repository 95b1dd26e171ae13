import { parseObject } from '../../json.ts';
import { covers, readStatements, type Statement } from '../../policy/statement.ts';
import { like } from '../../policy/wildcard.ts';
import { validationError } from '../errors.ts';

export type UpdateAction = 'Update:Modify' | 'Update:Replace' | 'Update:Delete';

/** Maximum characters of a policy: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html */
const LIMIT = 16_384;

const ACTION = /^(\*|Update:(\*|Modify|Replace|Delete))$/;
const RESOURCE = /^(\*|LogicalResourceId\/[A-Za-z0-9*?]+)$/;

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
  const resource = `LogicalResourceId/${logicalId}`;
  const matching = [...statementsOf(policy).entries()].filter(
    ([, statement]) => covers(statement, { action, resource }) && isAbout(statement, type),
  );
  const denial = matching.find(([, { effect }]) => effect === 'Deny');
  if (denial !== undefined) {
    return `Action denied by stack policy: Statement [#${denial[0] + 1}] does not allow [${action}] for resource [${resource}];`;
  }
  return matching.length > 0
    ? undefined
    : `Action not allowed by stack policy: no statement allows [${action}] for resource [${resource}];`;
}

function isAbout({ conditions }: Statement, type: string): boolean {
  return conditions.every(({ operator, values }) =>
    values.some((value) => (operator === 'StringLike' ? like(type, value) : type === value)),
  );
}

function statementsOf(text: string): Statement[] {
  if (text.length > LIMIT) throw invalid(`longer than ${LIMIT} characters`);
  const grammar = { elements: ['Principal', 'Action', 'Resource'], malformed: invalid } as const;
  const statements = readStatements(parseObject(text, invalid), grammar);
  for (const { principals, actions, resources, conditions } of statements) {
    const isEveryone = !principals?.negated && principals?.names.every(({ name }) => name === '*');
    if (!isEveryone) throw invalid('Principal must be *');
    const wrong =
      actions.names.find((name) => !ACTION.test(name)) ??
      resources?.names.find((name) => !RESOURCE.test(name));
    if (wrong !== undefined) throw invalid(`${wrong} is not valid`);
    const isKnown = ({ operator, key }: Statement['conditions'][number]) =>
      ['StringEquals', 'StringLike'].includes(operator) && key === 'ResourceType';
    if (!conditions.every(isKnown)) {
      throw invalid('Condition may be StringEquals or StringLike of ResourceType');
    }
  }
  return statements;
}

/** Only the words before the reason are AWS's own. */
const invalid = (why: string) =>
  validationError(`Error validating stack policy: Invalid stack policy: ${why}`);
