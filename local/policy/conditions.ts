import type { ConditionText, PolicyGrammar } from './statement.ts';
import { like } from './wildcard.ts';

/** Values of the condition keys of a request by lower-case name. Keys that do not apply are absent. */
export type ConditionContext = Readonly<Record<string, string | undefined>>;

/** Returns the value of a condition key for one request. */
export type Lookup = (key: string) => string | undefined;

/**
 * Condition keys whose value, or absence, the services with policies of resources know. A policy with another key is
 * refused, because its effect would be unknown.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
const KNOWN_KEYS = new Set([
  'aws:securetransport',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:principalaccount',
  'aws:principaltype',
  'aws:principalisawsservice',
  'aws:principalservicename',
  's3:if-none-match',
  's3:if-match',
  's3:objectcreationoperation',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
  's3:x-amz-acl',
  's3:x-amz-content-sha256',
  's3:x-amz-copy-source',
  's3:x-amz-metadata-directive',
  's3:x-amz-server-side-encryption',
  's3:x-amz-storage-class',
  's3:tlsversion',
  's3:signatureversion',
]);

const NUMBER = /^-?\d+(\.\d+)?$/;

type Test = (actual: string, wanted: string) => boolean;

const arnLike: Test = (actual, wanted) => {
  const [actualParts, wantedParts] = [arnParts(actual), arnParts(wanted)];
  return (
    actualParts.length === wantedParts.length &&
    wantedParts.every((part, at) => like(actualParts[at] ?? '', part))
  );
};
const ignoringCase: Test = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
const equal: Test = (actual, wanted) => actual === wanted;
const numeric = (compare: (a: number, b: number) => boolean): Test => {
  return (actual, wanted) => compare(Number(actual), Number(wanted));
};

/** Each test is for one value. A negative operator matches if its test fails for every value, and if the key is absent. */
const OPERATORS: Readonly<
  Record<string, { readonly test: Test; readonly negative?: true; readonly value?: RegExp }>
> = {
  StringEquals: { test: equal },
  StringNotEquals: { test: equal, negative: true },
  StringEqualsIgnoreCase: { test: ignoringCase },
  StringNotEqualsIgnoreCase: { test: ignoringCase, negative: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negative: true },
  ArnEquals: { test: arnLike },
  ArnLike: { test: arnLike },
  ArnNotEquals: { test: arnLike, negative: true },
  ArnNotLike: { test: arnLike, negative: true },
  Bool: { test: ignoringCase, value: /^(true|false)$/i },
  Null: { test: equal, value: /^(true|false)$/i },
  NumericEquals: { test: numeric((a, b) => a === b), value: NUMBER },
  NumericNotEquals: { test: numeric((a, b) => a === b), negative: true, value: NUMBER },
  NumericLessThan: { test: numeric((a, b) => a < b), value: NUMBER },
  NumericLessThanEquals: { test: numeric((a, b) => a <= b), value: NUMBER },
  NumericGreaterThan: { test: numeric((a, b) => a > b), value: NUMBER },
  NumericGreaterThanEquals: { test: numeric((a, b) => a >= b), value: NUMBER },
};

export interface Condition {
  /** Without `IfExists`. */
  readonly operator: string;
  readonly ifExists: boolean;
  /** Lower case. */
  readonly key: string;
  readonly values: readonly string[];
}

/** @throws AwsError for an operator, key or value that cannot be evaluated */
export function readCondition(
  { operator: operatorText, key: keyText, values }: ConditionText,
  malformed: PolicyGrammar['malformed'],
): Condition {
  const ifExists = operatorText.endsWith('IfExists') && operatorText !== 'NullIfExists';
  const operator = ifExists ? operatorText.slice(0, -'IfExists'.length) : operatorText;
  if (!Object.hasOwn(OPERATORS, operator)) throw malformed(`Invalid Condition type : ${operatorText}`);
  const key = keyText.toLowerCase();
  if (!KNOWN_KEYS.has(key)) throw malformed(`Policy has an invalid condition key - ${keyText}`);
  const form = OPERATORS[operator]?.value;
  if (values.length === 0 || (form !== undefined && !values.every((value) => form.test(value)))) {
    throw malformed(`Invalid value for the condition ${operatorText} of ${keyText}`);
  }
  if (values.some((value) => value.includes('${'))) {
    throw malformed('The embedded cloud does not support policy variables.');
  }
  return { operator, ifExists, key, values };
}

export function conditionHolds({ operator, ifExists, key, values }: Condition, context: Lookup): boolean {
  const actual = context(key);
  if (operator === 'Null')
    return values.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const facts = OPERATORS[operator];
  if (facts === undefined) throw new TypeError(`unknown condition operator ${operator}`);
  if (actual === undefined) return ifExists || facts.negative === true;
  const matches = values.some((value) => facts.test(actual, value));
  return facts.negative === true ? !matches : matches;
}

/** Returns the six parts of an ARN. Only the last can contain colons, and no wildcard matches across the first five. */
function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}
