import { isObject, type Json, type JsonObject } from '../../json.ts';
import { notSupported } from '../../wire/errors.ts';
import { formatError, functionError } from '../errors.ts';

/** A function call in a template: `{ "Fn::Join": [...] }` is the call of `Fn::Join` with that argument. */
export interface FunctionCall {
  readonly name: string;
  readonly argument: Json;
}

type Shape = (argument: Json) => boolean;

const isText: Shape = (value) => typeof value === 'string';
/** A value that can resolve to a string: a scalar, or the call of another function. */
const isScalar: Shape = (value) => value !== null && (typeof value !== 'object' || isCall(value));
const isListOrCall: Shape = (value) => Array.isArray(value) || isCall(value);

function isList(...members: Shape[]): Shape {
  return (value) =>
    Array.isArray(value) &&
    value.length === members.length &&
    value.every((member, at) => members[at]?.(member) === true);
}

const isGetAtt: Shape = (value) =>
  typeof value === 'string'
    ? /^[^.]+\../.test(value)
    : isList((id) => isText(id) && id !== '', isScalar)(value);

const isSub: Shape = (value) =>
  isText(value) || isList(isText, (map) => isObject(map) && Object.values(map).every(isScalar))(value);

/** Each function with the form of its argument and AWS's message for any other form. */
const FUNCTIONS: Readonly<Record<string, readonly [shape: Shape, refusal: string]>> = {
  Ref: [isText, 'every Ref object must have a single String value.'],
  'Fn::GetAtt': [
    isGetAtt,
    'every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute',
  ],
  'Fn::Join': [
    isList(isText, isListOrCall),
    'every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.',
  ],
  'Fn::Split': [
    isList((delimiter) => isText(delimiter) && delimiter !== '', isScalar),
    'every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.',
  ],
  'Fn::Select': [
    isList(isScalar, isListOrCall),
    'Fn::Select requires a list argument with two elements: an integer index and a list',
  ],
  'Fn::Sub': [
    isSub,
    "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
  ],
  'Fn::Base64': [isScalar, 'every Fn::Base64 object must have a String-typed value.'],
  'Fn::FindInMap': [
    isList(isScalar, isScalar, isScalar),
    'every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value',
  ],
  'Fn::If': [
    (value) => Array.isArray(value) && value.length === 3 && typeof value[0] === 'string',
    'Fn::If requires a list argument with three parameters',
  ],
};

function functionName(value: JsonObject): string | undefined {
  return Object.keys(value).find((name) => name === 'Ref' || name.startsWith('Fn::'));
}

function isCall(value: Json): boolean {
  return isObject(value) && functionName(value) !== undefined;
}

/**
 * Returns the call that an object represents; `undefined` for plain data.
 *
 * @throws AwsError for an unknown function, one beside other members, or an invalid argument
 */
export function callIn(value: JsonObject): FunctionCall | undefined {
  const name = functionName(value);
  if (name === undefined) return undefined;
  const [shape, refusal] = FUNCTIONS[name] ?? [];
  if (shape === undefined || refusal === undefined)
    throw notSupported(`the function ${name}`, 'ValidationError');
  const argument = value[name] ?? null;
  if (Object.keys(value).length > 1) throw formatError(`${name} must be the only member of its object`);
  if (!shape(argument)) throw functionError(refusal);
  return { name, argument };
}

/** Returns the resource and the attribute of `Fn::GetAtt`, in either form. The attribute can be another call. */
export function getAttParts(argument: Json): { logicalId: string; attribute: Json } {
  if (Array.isArray(argument)) return { logicalId: String(argument[0]), attribute: argument[1] ?? null };
  const [logicalId = '', ...path] = String(argument).split('.');
  return { logicalId, attribute: path.join('.') };
}

const PLACEHOLDER = /\$\{([^}]*)\}/g;
const VARIABLE = /^[A-Za-z0-9_.:]+$/;

/**
 * Replaces the variables of a `Fn::Sub` string. `${!Name}` becomes the literal `${Name}`.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
 */
export function replaceVariables(text: string, value: (name: string) => string): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (VARIABLE.test(name)) return value(name);
    throw functionError(
      'variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons',
    );
  });
}

/** Returns the string and the variables of a `Fn::Sub` argument, which has two forms. */
export function subParts(argument: Json): { text: string; variables: JsonObject } {
  if (!Array.isArray(argument)) return { text: String(argument), variables: {} };
  const [text = '', variables = {}] = argument;
  return { text: String(text), variables: variables as JsonObject };
}

/** A name that a value of a template uses. */
export interface Reference {
  readonly kind: 'ref' | 'attribute' | 'condition';
  readonly name: string;
  /** Of an `attribute` whose name is not computed. */
  readonly attribute?: string;
}

/** Returns all names that a value uses, in every branch of its conditions. @throws AwsError for a misused function */
export function references(value: Json): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(references);
  const call = callIn(value);
  if (call === undefined) return Object.values(value).flatMap(references);
  const { name, argument } = call;
  switch (name) {
    case 'Ref':
      return [{ kind: 'ref', name: String(argument) }];
    case 'Fn::GetAtt':
      return getAtt(argument);
    case 'Fn::Sub':
      return sub(argument);
    case 'Fn::If': {
      const [condition, ...branches] = argument as Json[];
      return [{ kind: 'condition', name: String(condition) }, ...branches.flatMap(references)];
    }
    default:
      return references(argument);
  }
}

function getAtt(argument: Json): Reference[] {
  const { logicalId, attribute } = getAttParts(argument);
  const named = typeof attribute === 'string' ? { attribute } : {};
  return [{ kind: 'attribute', name: logicalId, ...named }, ...references(attribute)];
}

function sub(argument: Json): Reference[] {
  const { text, variables } = subParts(argument);
  const found: Reference[] = references(variables);
  replaceVariables(text, (name) => {
    if (!Object.hasOwn(variables, name)) found.push(variableReference(name));
    return '';
  });
  return found;
}

/** Parses a variable of `Fn::Sub` that is not in its map: `Name`, or `LogicalId.Attribute`. */
export function variableReference(variable: string): Reference {
  const dot = variable.indexOf('.');
  return dot < 0
    ? { kind: 'ref', name: variable }
    : { kind: 'attribute', name: variable.slice(0, dot), attribute: variable.slice(dot + 1) };
}
