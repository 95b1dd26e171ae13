import type { Json, JsonObject } from '../../json.ts';
import { formatError, validationError } from '../errors.ts';

/** One parameter that a template declares. */
export interface TemplateParameter {
  readonly type: 'String' | 'Number' | 'CommaDelimitedList' | 'List<Number>';
  readonly default: string | undefined;
  readonly description: string | undefined;
  /** Its value is never shown. */
  readonly noEcho: boolean;
  readonly allowedValues: readonly string[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly constraintDescription: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minValue: number | undefined;
  readonly maxValue: number | undefined;
}

const TYPES = ['String', 'Number', 'CommaDelimitedList', 'List<Number>'] as const;
const MEMBERS = [
  'Type',
  'Default',
  'Description',
  'NoEcho',
  'AllowedValues',
  'AllowedPattern',
  'ConstraintDescription',
  'MinLength',
  'MaxLength',
  'MinValue',
  'MaxValue',
];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_VALUE_BYTES = 4096;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
export function readParameter(name: string, definition: JsonObject): TemplateParameter {
  const unknown = Object.keys(definition).filter((member) => !MEMBERS.includes(member));
  if (unknown.length > 0) {
    throw formatError(`Invalid template parameter property '${unknown.join(', ')}' (${name})`);
  }
  const type = TYPES.find((one) => one === definition.Type);
  if (typeof definition.Type !== 'string') {
    throw formatError(`Every Parameters object must contain a Type member. (${name})`);
  }
  if (type === undefined) throw formatError(`Unrecognized parameter type: ${definition.Type}`);
  const number = (member: string) => readNumber(definition[member], `${name}/${member}`);
  const word = (member: string) => readWord(definition[member], `${name}/${member}`);
  const { AllowedValues: allowed } = definition;
  if (allowed !== undefined && !Array.isArray(allowed)) {
    throw formatError(`AllowedValues of the parameter ${name} must be a list`);
  }
  const pattern = word('AllowedPattern');
  if (pattern !== undefined) compile(pattern, name);
  return {
    type,
    noEcho: definition.NoEcho === true || definition.NoEcho === 'true',
    default: word('Default'),
    description: word('Description'),
    allowedValues: allowed?.map((value) => readWord(value, `${name}/AllowedValues`) ?? ''),
    allowedPattern: pattern,
    constraintDescription: word('ConstraintDescription'),
    minLength: number('MinLength'),
    maxLength: number('MaxLength'),
    minValue: number('MinValue'),
    maxValue: number('MaxValue'),
  };
}

function readWord(value: Json | undefined, where: string): string | undefined {
  if (value === undefined) return undefined;
  if (value !== null && typeof value !== 'object') return String(value);
  throw formatError(`Every ${where} must be a string or a number`);
}

function readNumber(value: Json | undefined, where: string): number | undefined {
  const text = readWord(value, where);
  if (text === undefined) return undefined;
  if (isNumber(text)) return Number(text);
  throw formatError(`${where} must be a number`);
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

function compile(pattern: string, name: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    // The engine's message is about JavaScript.
    throw formatError(`AllowedPattern of the parameter ${name} is not a regular expression`);
  }
}

type Declared = ReadonlyMap<string, TemplateParameter>;

/**
 * Returns the values of a template's parameters, with defaults.
 *
 * @throws AwsError `ValidationError` for invalid, missing and unknown parameters
 */
export function parameterValues(
  declared: Declared,
  given: ReadonlyMap<string, string>,
): Record<string, string> {
  const superfluous = [...given.keys()].filter((name) => !declared.has(name));
  if (superfluous.length > 0) {
    throw validationError(`Parameters: [${superfluous.join(', ')}] do not exist in the template`);
  }
  const missing = [...declared]
    .filter(([name, parameter]) => !given.has(name) && parameter.default === undefined)
    .map(([name]) => name);
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  const values = [...declared].map(([name, parameter]): [string, string] => {
    const value = given.get(name) ?? parameter.default ?? '';
    const problem = problemOf(name, parameter, value);
    if (problem === undefined) return [name, value];
    const { constraintDescription: words } = parameter;
    throw validationError(
      words === undefined
        ? `Parameter '${name}' must ${problem}`
        : `Parameter '${name}' failed to satisfy constraint: ${words}`,
    );
  });
  return Object.fromEntries(values);
}

/** Returns the constraint that a value violates. */
function problemOf(name: string, parameter: TemplateParameter, value: string): string | undefined {
  const { type, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue } = parameter;
  const members = type === 'String' || type === 'Number' ? [value] : splitList(value);
  const numeric = type === 'Number' || type === 'List<Number>';
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) return `have at most ${MAX_VALUE_BYTES} bytes`;
  if (numeric && !members.every(isNumber)) return 'be a number';
  if (allowedValues !== undefined && !members.every((member) => allowedValues.includes(member))) {
    return 'be one of AllowedValues';
  }
  if (minLength !== undefined && value.length < minLength) return `contain at least ${minLength} characters`;
  if (maxLength !== undefined && value.length > maxLength) return `contain at most ${maxLength} characters`;
  if (minValue !== undefined && members.some((member) => Number(member) < minValue)) {
    return `be a number not less than ${minValue}`;
  }
  if (maxValue !== undefined && members.some((member) => Number(member) > maxValue)) {
    return `be a number not greater than ${maxValue}`;
  }
  if (allowedPattern !== undefined) {
    const pattern = compile(allowedPattern, name);
    if (!members.every((member) => pattern.test(member))) return `match pattern ${allowedPattern}`;
  }
  return undefined;
}

function splitList(value: string): string[] {
  return value === '' ? [] : value.split(',').map((member) => member.trim());
}

/** Returns the value of `Ref` for a parameter: its text, or its list. */
export function parameterRef({ type }: TemplateParameter, value: string): Json {
  return type === 'String' || type === 'Number' ? value : splitList(value);
}
