import { isObject, type Json } from '../../json.ts';
import { formatError, functionError } from '../errors.ts';
import { references } from './functions.ts';
import { resolve, type TemplateScope } from './resolve.ts';

/** A parsed condition: a comparison, or a combination of other conditions. */
type Condition =
  | { readonly kind: 'equals'; readonly one: Json; readonly other: Json }
  | { readonly kind: 'and' | 'or' | 'not'; readonly members: readonly Json[] }
  | { readonly kind: 'named'; readonly name: string };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html */
function read(value: Json): Condition {
  const [member, ...more] = isObject(value) ? Object.entries(value) : [];
  const [name, argument] = member ?? [];
  if (more.length > 0) throw notACondition();
  const members = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition':
      if (typeof argument === 'string') return { kind: 'named', name: argument };
      throw notACondition();
    case 'Fn::Equals': {
      const [one = null, other = null] = members;
      if (members.length === 2) return { kind: 'equals', one, other };
      throw functionError('every Fn::Equals object requires a list of 2 string parameters.');
    }
    case 'Fn::Not':
      if (members.length === 1) return { kind: 'not', members };
      throw functionError('every Fn::Not object requires one boolean parameter.');
    case 'Fn::And':
    case 'Fn::Or':
      if (members.length >= 2 && members.length <= 10) {
        return { kind: name === 'Fn::And' ? 'and' : 'or', members };
      }
      throw functionError(
        `every ${name} object requires a list of at least 2 and at most 10 boolean parameters.`,
      );
    default:
      throw notACondition();
  }
}

function notACondition() {
  return formatError('Conditions can only be boolean operations on parameters and other conditions');
}

/**
 * Returns the conditions and the names that a condition uses.
 *
 * @throws AwsError `ValidationError` for an invalid condition
 */
export function conditionNeeds(value: Json): { conditions: string[]; names: string[] } {
  const condition = read(value);
  switch (condition.kind) {
    case 'named':
      return { conditions: [condition.name], names: [] };
    case 'equals': {
      const compared = references([condition.one, condition.other]);
      if (compared.every(({ kind }) => kind === 'ref')) {
        return { conditions: [], names: compared.map(({ name }) => name) };
      }
      throw formatError('Conditions may compare parameters and constants, but no attribute of a resource');
    }
    default: {
      const needs = condition.members.map(conditionNeeds);
      return {
        conditions: needs.flatMap(({ conditions }) => conditions),
        names: needs.flatMap(({ names }) => names),
      };
    }
  }
}

export function evaluate(value: Json, scope: TemplateScope): boolean {
  const condition = read(value);
  switch (condition.kind) {
    case 'named':
      return scope.condition(condition.name);
    case 'equals':
      return same(resolve(condition.one, scope), resolve(condition.other, scope));
    case 'and':
      return condition.members.every((member) => evaluate(member, scope));
    case 'or':
      return condition.members.some((member) => evaluate(member, scope));
    case 'not':
      return !condition.members.some((member) => evaluate(member, scope));
  }
}

/** Compares scalars as strings, because parameters are strings even for numbers. */
function same(one: Json, other: Json): boolean {
  const comparable = (value: Json) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return comparable(one) === comparable(other);
}
