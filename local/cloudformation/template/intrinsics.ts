import type { Json, JsonObject } from '../../json.ts';
import { formatError } from './parse.ts';

/** What names stand for while a value is resolved. */
export interface Scope {
  /** A parameter, pseudo parameter or resource; `undefined` stands for a name that means nothing here. */
  ref(name: string): Json | undefined;
  /** An attribute of a resource. */
  attribute(logicalId: string, name: string): string;
  condition(name: string): boolean;
  readonly mappings: JsonObject;
}

/** `AWS::NoValue`: the member that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

type Resolved = Json | typeof NO_VALUE;

function text(value: Json, where: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw formatError(`${where} needs strings, and was given ${JSON.stringify(value)}`);
}

function list(value: Json, where: string): Json[] {
  if (Array.isArray(value)) return value;
  throw formatError(`${where} needs a list`);
}

/** Placeholders of `Fn::Sub`: `${Name}`, `${Id.Attribute}`; `${!Name}` stands for itself. */
const PLACEHOLDER = /\$\{(!?)\s*([A-Za-z0-9:.]+)\s*\}/g;

/** The names that a `Fn::Sub` string refers to, those of its own map left out. */
export function substitutedNames(value: Json): string[] {
  const [template, own] = Array.isArray(value) ? value : [value, {}];
  if (typeof template !== 'string') return [];
  const names = [...template.matchAll(PLACEHOLDER)]
    .filter(([, literal]) => literal === '')
    .map(([, , name]) => name ?? '');
  const given = typeof own === 'object' && own !== null ? Object.keys(own) : [];
  return names.filter((name) => !given.includes(name));
}

function substitute(value: Json, scope: Scope): Json {
  const [template, own = {}] = Array.isArray(value) ? value : [value];
  if (typeof template !== 'string')
    throw formatError('Fn::Sub needs a string, or a list of a string and a map');
  const variables = resolve(own ?? {}, scope) as JsonObject;
  return template.replace(PLACEHOLDER, (whole, literal: string, name: string) => {
    if (literal === '!') return whole.replace('${!', '${');
    const given = variables[name];
    if (given !== undefined) return text(given, 'Fn::Sub');
    const dot = name.indexOf('.');
    return dot < 0
      ? text(reference(name, scope), 'Fn::Sub')
      : scope.attribute(name.slice(0, dot), name.slice(dot + 1));
  });
}

function reference(name: string, scope: Scope): Json {
  const value = scope.ref(name);
  if (value === undefined)
    throw formatError(`Unresolved resource dependencies [${name}] in the Resources block of the template`);
  return value;
}

function getAtt(value: Json, scope: Scope): Json {
  const [logicalId, ...path] =
    typeof value === 'string'
      ? value.split('.')
      : list(value, 'Fn::GetAtt').map((part) => text(part, 'Fn::GetAtt'));
  if (logicalId === undefined || path.length === 0)
    throw formatError('Fn::GetAtt needs a resource and an attribute');
  return scope.attribute(logicalId, path.join('.'));
}

function select(value: Json): Json {
  const [index, choices] = list(value, 'Fn::Select');
  const chosen = list(choices ?? null, 'Fn::Select')[Number(index)];
  if (chosen === undefined)
    throw formatError(`Fn::Select cannot select nonexistent value at index ${JSON.stringify(index)}`);
  return chosen;
}

function findInMap(value: Json, scope: Scope): Json {
  const [map = '', top = '', second = ''] = list(value, 'Fn::FindInMap').map((key) =>
    text(key, 'Fn::FindInMap'),
  );
  const found = ((scope.mappings[map] as JsonObject | undefined)?.[top] as JsonObject | undefined)?.[second];
  if (found === undefined) throw formatError(`Unable to get mapping for ${map}::${top}::${second}`);
  return found;
}

/** Functions of already resolved arguments. */
const EAGER: Readonly<Record<string, (value: Json, scope: Scope) => Json>> = {
  'Fn::Join': (value) => {
    const [separator = '', parts] = list(value, 'Fn::Join');
    return list(parts ?? null, 'Fn::Join')
      .map((part) => text(part, 'Fn::Join'))
      .join(text(separator, 'Fn::Join'));
  },
  'Fn::Split': (value) => {
    const [separator = '', whole = ''] = list(value, 'Fn::Split');
    return text(whole, 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
  'Fn::Select': select,
  'Fn::Base64': (value) => Buffer.from(text(value, 'Fn::Base64')).toString('base64'),
  'Fn::FindInMap': findInMap,
};

/** Functions that look at their arguments themselves. */
const LAZY: Readonly<Record<string, (value: Json, scope: Scope) => Resolved>> = {
  Ref: (value, scope) => (value === 'AWS::NoValue' ? NO_VALUE : reference(text(value, 'Ref'), scope)),
  'Fn::GetAtt': getAtt,
  'Fn::Sub': substitute,
  'Fn::If': (value, scope) => {
    const [name = '', yes = null, no = null] = list(value, 'Fn::If');
    return resolveAny(scope.condition(text(name, 'Fn::If')) ? yes : no, scope);
  },
};

const CONDITIONS: Readonly<Record<string, (value: Json, scope: Scope) => boolean>> = {
  'Fn::Equals': (value, scope) => {
    const [one, other] = list(resolve(value, scope), 'Fn::Equals');
    return JSON.stringify(one) === JSON.stringify(other);
  },
  'Fn::And': (value, scope) => list(value, 'Fn::And').every((item) => evaluate(item, scope)),
  'Fn::Or': (value, scope) => list(value, 'Fn::Or').some((item) => evaluate(item, scope)),
  'Fn::Not': (value, scope) => !list(value, 'Fn::Not').every((item) => evaluate(item, scope)),
  Condition: (value, scope) => scope.condition(text(value, 'Condition')),
};

function singleMember(value: Json): [name: string, argument: Json] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = Object.entries(value);
  return members.length === 1 ? members[0] : undefined;
}

/** A condition's value: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html */
export function evaluate(value: Json, scope: Scope): boolean {
  const [name, argument = null] = singleMember(value) ?? [];
  const condition = name === undefined ? undefined : CONDITIONS[name];
  if (condition === undefined)
    throw formatError(
      `Conditions can only be boolean operations on parameters and other conditions: ${JSON.stringify(value)}`,
    );
  return condition(argument, scope);
}

function resolveAny(value: Json, scope: Scope): Resolved {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.map((item) => resolveAny(item, scope)).filter((item) => item !== NO_VALUE) as Json[];
  const [name, argument = null] = singleMember(value) ?? [];
  if (name !== undefined) {
    if (LAZY[name] !== undefined) return LAZY[name](argument, scope);
    if (EAGER[name] !== undefined) return EAGER[name](resolve(argument, scope), scope);
    if (name.startsWith('Fn::'))
      throw formatError(`the function ${name} is not supported by the embedded cloud`);
  }
  const members = Object.entries(value).map(([key, member]) => [key, resolveAny(member, scope)] as const);
  return Object.fromEntries(members.filter(([, member]) => member !== NO_VALUE)) as JsonObject;
}

/** A value with all its functions computed. */
export function resolve(value: Json, scope: Scope): Json {
  const resolved = resolveAny(value, scope);
  return resolved === NO_VALUE ? null : resolved;
}
