import type { Json, JsonObject } from '../../json.ts';
import { notSupported } from '../../wire/errors.ts';
import { functionError } from '../errors.ts';
import {
  callIn,
  type FunctionCall,
  getAttParts,
  replaceVariables,
  subParts,
  variableReference,
} from './functions.ts';

/** The values of a template's names. Each method throws for an undefined name. */
export interface TemplateScope {
  /** A parameter, pseudo parameter or resource. */
  ref(name: string): Json;
  attribute(logicalId: string, name: string): string;
  condition(name: string): boolean;
  /** A map of the template's `Mappings`. */
  mapping(map: string, top: string, second: string): Json;
}

/** Thrown by a scope for a value that is known only during the operation, such as the id of a new resource. */
export class UnresolvedValue extends Error {
  override readonly name = 'UnresolvedValue';
}

/** `AWS::NoValue`, which removes the member that contains it. */
const NO_VALUE = Symbol('AWS::NoValue');

type Resolved = Json | typeof NO_VALUE;

interface Mode {
  readonly scope: TemplateScope;
  /** Replaces the outermost call that uses an unknown value. Without it, such a call throws. */
  readonly notYetKnown?: Json;
}

/**
 * Returns a value with all its functions computed.
 *
 * @throws AwsError if a function cannot be computed
 * @throws UnresolvedValue if the scope does not know a value yet
 */
export function resolve(value: Json, scope: TemplateScope): Json {
  return orNull(resolveAny(value, { scope }));
}

/** Returns a value as `resolve` does, with `mark` for each call that cannot be computed yet. */
export function resolveAhead(value: Json, scope: TemplateScope, mark: Json): Json {
  return orNull(resolveAny(value, { scope, notYetKnown: mark }));
}

function orNull(resolved: Resolved): Json {
  return resolved === NO_VALUE ? null : resolved;
}

function resolveAny(value: Json, mode: Mode): Resolved {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item) => resolveAny(item, mode)).filter((item) => item !== NO_VALUE);
  }
  const call = callIn(value);
  if (call === undefined) return resolveMembers(value, mode);
  if (call.name === 'Fn::If') return resolveAny(branch(call.argument, mode.scope), mode);
  if (mode.notYetKnown === undefined) return compute(call, mode.scope);
  try {
    return compute(call, mode.scope);
  } catch (error) {
    if (error instanceof UnresolvedValue) return mode.notYetKnown;
    throw error;
  }
}

function resolveMembers(value: JsonObject, mode: Mode): JsonObject {
  const members = Object.entries(value).map(([name, member]) => [name, resolveAny(member, mode)] as const);
  return Object.fromEntries(members.filter((member): member is [string, Json] => member[1] !== NO_VALUE));
}

function branch(argument: Json, scope: TemplateScope): Json {
  const [condition, yes = null, no = null] = argument as Json[];
  return scope.condition(String(condition)) ? yes : no;
}

function compute({ name, argument }: FunctionCall, scope: TemplateScope): Resolved {
  switch (name) {
    case 'Ref':
      return argument === 'AWS::NoValue' ? NO_VALUE : scope.ref(String(argument));
    case 'Fn::GetAtt': {
      const { logicalId, attribute } = getAttParts(argument);
      return scope.attribute(logicalId, text(resolve(attribute, scope), name));
    }
    case 'Fn::Sub':
      return substitute(argument, scope);
    default:
      return computeEagerly(name, resolve(argument, scope), scope);
  }
}

function computeEagerly(name: string, argument: Json, scope: TemplateScope): Json {
  const [first = null, second = null, third = null] = Array.isArray(argument) ? argument : [argument];
  switch (name) {
    case 'Fn::Join':
      return list(second, name)
        .map((part) => text(part, name))
        .join(text(first, name));
    case 'Fn::Split':
      return text(second, name).split(text(first, name));
    case 'Fn::Select':
      return select(first, list(second, name));
    case 'Fn::Base64':
      return Buffer.from(text(first, name)).toString('base64');
    case 'Fn::FindInMap':
      return scope.mapping(text(first, name), text(second, name), text(third, name));
    default:
      throw notSupported(`the function ${name}`, 'ValidationError');
  }
}

function substitute(argument: Json, scope: TemplateScope): string {
  const { text: template, variables } = subParts(argument);
  const own = resolve(variables, scope) as JsonObject;
  return replaceVariables(template, (variable) => {
    if (Object.hasOwn(own, variable)) return text(own[variable] ?? null, 'Fn::Sub');
    const { kind, name, attribute = '' } = variableReference(variable);
    return kind === 'ref' ? text(scope.ref(name), 'Fn::Sub') : scope.attribute(name, attribute);
  });
}

function select(index: Json, choices: readonly Json[]): Json {
  const chosen = /^\d{1,9}$/.test(String(index)) ? choices[Number(index)] : undefined;
  if (chosen !== undefined) return chosen;
  throw functionError(`Fn::Select cannot select nonexistent value at index ${String(index)}`);
}

function text(value: Json, where: string): string {
  if (value !== null && typeof value !== 'object') return String(value);
  throw functionError(`${where} needs a string, and was given ${JSON.stringify(value)}`);
}

function list(value: Json, where: string): Json[] {
  if (Array.isArray(value)) return value;
  throw functionError(`${where} needs a list, and was given ${JSON.stringify(value)}`);
}
