import type { Json } from '../../json.ts';
import { callIn, getAttParts, replaceVariables, subParts } from './functions.ts';

/** A name that a value of a template uses. */
export interface Reference {
  readonly kind: 'ref' | 'attribute' | 'condition';
  readonly name: string;
  /** Of an `attribute` whose name is written out. */
  readonly attribute?: string;
}

/** All names that a value uses, whichever way its conditions will go; refuses functions that are misused. */
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

/** What a variable of `Fn::Sub` means that its own map does not name: `Name`, or `LogicalId.Attribute`. */
export function variableReference(variable: string): Reference {
  const dot = variable.indexOf('.');
  return dot < 0
    ? { kind: 'ref', name: variable }
    : { kind: 'attribute', name: variable.slice(0, dot), attribute: variable.slice(dot + 1) };
}
