import { isObject, type Json, type JsonObject } from '../json.ts';
import { type AwsError, notSupported } from '../wire/errors.ts';
import { like } from './wildcard.ts';

/** What an element of a statement lists. With `NotAction` and the like, the statement is about everything else. */
interface Listed<T> {
  readonly negated: boolean;
  readonly names: readonly T[];
}

/** A principal: its kind and name. `*` for everyone has the kind `AWS`. */
export interface NamedPrincipal {
  readonly kind: string;
  readonly name: string;
}

/** One test of a condition key, as written. */
export interface ConditionText {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** A statement of a policy. An element that this kind of policy does not have is absent. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Listed<NamedPrincipal> | undefined;
  readonly actions: Listed<string>;
  readonly resources: Listed<string> | undefined;
  readonly conditions: readonly ConditionText[];
  /** Whether it has a `Condition`, even an empty one. */
  readonly isConditional: boolean;
}

const ELEMENTS = ['Principal', 'Action', 'Resource'] as const;
type Element = (typeof ELEMENTS)[number];

/** What distinguishes the policies of a service from others. */
export interface PolicyGrammar {
  /** The elements that each statement must have. Others are refused. */
  readonly elements: readonly Element[];
  /** Creates the service's error for a policy that violates the grammar. */
  readonly malformed: (message: string) => AwsError;
}

const VERSIONS: readonly Json[] = ['2012-10-17', '2008-10-17'];

/**
 * Reads the statements of a policy document.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @throws AwsError
 */
export function readStatements(document: JsonObject, grammar: PolicyGrammar): Statement[] {
  const { malformed } = grammar;
  refuseUnknown(document, ['Version', 'Id', 'Statement'], malformed);
  const { Version: version, Statement: statement } = document;
  if (version !== undefined && !VERSIONS.includes(version)) {
    throw malformed('The policy must contain a valid version string');
  }
  if (statement === undefined) throw malformed('Missing required field Statement');
  const statements = Array.isArray(statement) ? statement : [statement];
  if (statements.length === 0) throw malformed('The policy failed legacy parsing');
  return statements.map((value) => readStatement(value, grammar));
}

function readStatement(value: Json, { elements, malformed }: PolicyGrammar): Statement {
  if (!isObject(value)) throw malformed('Syntax errors in policy.');
  const prohibited = ELEMENTS.filter((element) => !elements.includes(element)).flatMap(both);
  const found = prohibited.find((name) => value[name] !== undefined);
  if (found !== undefined) throw malformed(`Has prohibited field ${found}`);
  refuseUnknown(value, ['Sid', 'Effect', 'Condition', ...elements.flatMap(both)], malformed);
  const { Effect: effect, Sid: id, Condition: condition = {} } = value;
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw malformed(
      effect === undefined ? 'Missing required field Effect' : `Invalid effect: ${String(effect)}`,
    );
  }
  if (id !== undefined && typeof id !== 'string') throw malformed('Syntax errors in policy.');
  const listed = <T>(element: Element, read: (value: Json, malformed: Malformed) => T[]): Listed<T> => {
    const [plain, negated] = both(element).map((name) => value[name]);
    if (plain !== undefined && negated !== undefined) {
      throw malformed(`Statement may not have both ${both(element).join(' and ')}`);
    }
    const given = plain ?? negated;
    if (given === undefined) throw malformed(`Missing required field ${element}`);
    const names = read(given, malformed);
    if (names.length === 0) throw malformed(`Policy statement must contain ${element.toLowerCase()}s.`);
    return { negated: plain === undefined, names };
  };
  return {
    effect,
    principals: elements.includes('Principal') ? listed('Principal', readPrincipals) : undefined,
    actions: listed('Action', textsOf),
    resources: elements.includes('Resource') ? listed('Resource', textsOf) : undefined,
    conditions: readConditions(condition, malformed),
    isConditional: value.Condition !== undefined,
  };
}

const both = (element: Element) => [element, `Not${element}`];

type Malformed = PolicyGrammar['malformed'];

function refuseUnknown(value: JsonObject, known: readonly string[], malformed: Malformed): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`Unknown field ${unknown}`);
}

function readPrincipals(value: Json, malformed: Malformed): NamedPrincipal[] {
  if (value === '*') return [{ kind: 'AWS', name: '*' }];
  const kinds = Object.entries(isObject(value) ? value : {}).map(([kind, names]) =>
    textsOf(names, malformed).map((name) => ({ kind, name })),
  );
  if (kinds.length === 0 || kinds.some((named) => named.length === 0)) {
    throw malformed('Invalid principal in policy.');
  }
  return kinds.flat();
}

function readConditions(value: Json, malformed: Malformed): ConditionText[] {
  if (!isObject(value)) throw malformed('Syntax errors in policy.');
  return Object.entries(value).flatMap(([operator, keys]) => {
    if (!isObject(keys)) throw malformed('Syntax errors in policy.');
    return Object.entries(keys).map(([key, values]) => {
      const items = Array.isArray(values) ? values : [values];
      return { operator, key, values: textsOf(items.map(asText), malformed) };
    });
  });
}

/** Conditions can have booleans and numbers. */
const asText = (item: Json) => (typeof item === 'boolean' || typeof item === 'number' ? String(item) : item);

/** Returns the strings of an element with one string or a list. */
function textsOf(value: Json, malformed: Malformed): string[] {
  return (Array.isArray(value) ? value : [value]).map((item) => {
    if (typeof item !== 'string') throw malformed('Syntax errors in policy.');
    return item;
  });
}

/** @throws AwsError that names `NotPrincipal`, `NotAction` or `NotResource`, if a statement has one */
export function refuseNegations(
  { principals, actions, resources }: Pick<Statement, 'principals' | 'actions' | 'resources'>,
  where: string,
): void {
  const elements = { Principal: principals, Action: actions, Resource: resources };
  for (const [name, element] of Object.entries(elements)) {
    if (element?.negated) throw notSupported(`Not${name} in ${where}`);
  }
}

/** What a statement can be about. */
export interface Subject {
  readonly isPrincipal?: (named: NamedPrincipal) => boolean;
  /** Such as `s3:PutObject`. */
  readonly action: string;
  /** An ARN, or `*`. */
  readonly resource: string;
}

/** Whether a statement is about a subject, regardless of its conditions. Actions ignore case. */
export function covers({ principals, actions, resources }: Statement, subject: Subject): boolean {
  const { isPrincipal = () => true, resource } = subject;
  const action = subject.action.toLowerCase();
  return (
    (principals === undefined || principals.names.some(isPrincipal) !== principals.negated) &&
    actions.names.some((pattern) => like(action, pattern.toLowerCase())) !== actions.negated &&
    (resources === undefined ||
      resources.names.some((pattern) => like(resource, pattern)) !== resources.negated)
  );
}

/**
 * Returns what statements that apply to a request decide: a denial overrides every permission.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decision(applying: readonly Pick<Statement, 'effect'>[]): 'Allow' | 'Deny' | undefined {
  if (applying.some(({ effect }) => effect === 'Deny')) return 'Deny';
  return applying.length > 0 ? 'Allow' : undefined;
}
