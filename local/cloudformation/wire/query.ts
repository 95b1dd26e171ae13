import { AwsError } from '../../wire/errors.ts';

/** A request of the query protocol, its dotted names unfolded: `Tags.member.1.Key` becomes `{ Tags: [{ Key }] }`. */
export interface QueryObject {
  [name: string]: QueryValue;
}

export type QueryValue = string | QueryValue[] | QueryObject;

type Tree = Map<string, string | Tree>;

function grow(form: URLSearchParams): Tree {
  const root: Tree = new Map();
  for (const [name, value] of form) {
    const path = name.split('.');
    const last = path.pop() ?? '';
    let at = root;
    for (const step of path) {
      const below = at.get(step);
      if (below instanceof Map) at = below;
      else {
        const next: Tree = new Map();
        at.set(step, next);
        at = next;
      }
    }
    at.set(last, value);
  }
  return root;
}

function unfold(tree: string | Tree): QueryValue {
  if (typeof tree === 'string') return tree;
  const members = tree.get('member');
  if (members instanceof Map) {
    const numbered = [...members].sort(([one], [other]) => Number(one) - Number(other));
    return numbered.map(([, member]) => unfold(member));
  }
  return Object.fromEntries([...tree].map(([name, value]) => [name, unfold(value)]));
}

/** Reads a form: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonParameters.html */
export function parseQuery(text: string): QueryObject {
  return unfold(grow(new URLSearchParams(text))) as QueryObject;
}

export function optionalText(query: QueryObject, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value || undefined;
  throw new AwsError('MalformedInput', `${name} must be a string`);
}

/** A parameter that AWS validates as required, refused in AWS's words where it is missing. */
export function requiredText(query: QueryObject, name: string): string {
  const value = optionalText(query, name);
  if (value !== undefined) return value;
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );
}

export function flag(query: QueryObject, name: string): boolean {
  const value = optionalText(query, name);
  if (value === undefined || /^(true|false)$/i.test(value)) return value?.toLowerCase() === 'true';
  throw new AwsError('MalformedInput', `${name} must be true or false`);
}

export function texts(query: QueryObject, name: string): string[] {
  const value = query[name];
  if (value === undefined || value === '') return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new AwsError('MalformedInput', `${name} must be a list of strings`);
}

export function objects(query: QueryObject, name: string): QueryObject[] {
  const value = query[name];
  if (value === undefined || value === '') return [];
  if (Array.isArray(value)) {
    return value.map((item) => {
      if (typeof item === 'object' && !Array.isArray(item)) return item;
      throw new AwsError('MalformedInput', `${name} must be a list of structures`);
    });
  }
  throw new AwsError('MalformedInput', `${name} must be a list`);
}
