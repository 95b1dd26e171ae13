import { AwsError } from '../../wire/errors.ts';

/** A request of the query protocol, its dotted names unfolded: `Tags.member.1.Key` becomes `{ Tags: [{ Key }] }`. */
export type QueryObject = ReadonlyMap<string, QueryValue>;

export type QueryValue = string | QueryValue[] | QueryObject;

type Tree = Map<string, string | Tree>;

/** Deeper than any input of CloudFormation goes. */
const MAX_DEPTH = 12;

function grow(form: URLSearchParams): Tree {
  const root: Tree = new Map();
  for (const [name, value] of form) {
    const path = name.split('.', MAX_DEPTH + 1);
    if (path.length > MAX_DEPTH) throw malformed(`${name.slice(0, 60)}… is nested too deeply`);
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
  return members instanceof Map && tree.size === 1 ? unfoldList(members) : unfoldObject(tree);
}

function unfoldObject(tree: Tree): QueryObject {
  return new Map([...tree].map(([name, value]) => [name, unfold(value)]));
}

function unfoldList(members: Tree): QueryValue[] {
  const wrong = [...members.keys()].find((index) => !/^[1-9]\d{0,5}$/.test(index));
  if (wrong !== undefined) throw malformed(`member.${wrong} is not a position in a list`);
  const numbered = [...members].sort(([one], [other]) => Number(one) - Number(other));
  return numbered.map(([, member]) => unfold(member));
}

/** Reads a form: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonParameters.html */
export function parseQuery(text: string): QueryObject {
  return unfoldObject(grow(new URLSearchParams(text)));
}

/** An absent parameter and an empty one are the same to AWS. */
export function optionalText(query: QueryObject, name: string): string | undefined {
  const value = query.get(name);
  if (value === undefined || typeof value === 'string') return value || undefined;
  throw malformed(`${name} must be a string`);
}

/** A parameter that AWS validates as required, refused in AWS's words where it is missing. */
export function requiredText(query: QueryObject, name: string): string {
  const value = optionalText(query, name);
  if (value === undefined) throw constraint('null', name, 'Member must not be null');
  return value;
}

/** One of a closed set of words. */
export function choice<T extends string>(
  query: QueryObject,
  name: string,
  allowed: readonly T[],
): T | undefined {
  const value = optionalText(query, name);
  const found = allowed.find((one) => one === value);
  if (value === undefined || found !== undefined) return found;
  throw constraint(`'${value}'`, name, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
}

export function flag(query: QueryObject, name: string): boolean {
  const value = optionalText(query, name);
  if (value === undefined || /^(true|false)$/i.test(value)) return value?.toLowerCase() === 'true';
  throw malformed(`${name} must be true or false`);
}

export function texts(query: QueryObject, name: string): string[] {
  return items(query, name).map((item) => {
    if (typeof item === 'string') return item;
    throw malformed(`${name} must be a list of strings`);
  });
}

export function objects(query: QueryObject, name: string): QueryObject[] {
  return items(query, name).map((item) => {
    if (item instanceof Map) return item;
    throw malformed(`${name} must be a list of structures`);
  });
}

/** An empty list is sent as an empty string. */
function items(query: QueryObject, name: string): QueryValue[] {
  const value = query.get(name);
  if (value === undefined || value === '') return [];
  if (Array.isArray(value)) return value;
  throw malformed(`${name} must be a list`);
}

/** A value outside what the API's model allows, in the words of AWS's request validation. */
export function constraint(value: string, parameter: string, rule: string): AwsError {
  const member = parameter.charAt(0).toLowerCase() + parameter.slice(1);
  return new AwsError(
    'ValidationError',
    `1 validation error detected: Value ${value} at '${member}' failed to satisfy constraint: ${rule}`,
  );
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedInput', message);
}
