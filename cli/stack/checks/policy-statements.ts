type Listed = string | readonly string[];

/** A statement of a bucket policy or stack policy. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Principal?: string | { readonly AWS?: Listed };
  readonly NotPrincipal?: unknown;
  readonly Action?: Listed;
  readonly NotAction?: Listed;
  readonly Resource?: Listed;
  readonly NotResource?: Listed;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, Listed | boolean>>>>;
}

/** Returns the statements of a policy document; none for any other text. */
export function statementsOf(text: string): readonly PolicyStatement[] {
  const { Statement = [] } = JSON.parse(text) as { Statement?: PolicyStatement | PolicyStatement[] };
  return Array.isArray(Statement) ? Statement : [Statement];
}

export function listed(value: Listed | boolean | undefined): string[] {
  return value === undefined ? [] : [value].flat().map(String);
}

/** Whether an IAM pattern (`*` any text, `?` one character) covers a text. Actions ignore case, resources do not. */
export function covers(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function one(patterns: Listed | undefined, negated: Listed | undefined, text: string): boolean {
  if (patterns !== undefined) return listed(patterns).some((pattern) => covers(pattern, text));
  return !listed(negated).some((pattern) => covers(pattern, text));
}

/** Whether a statement covers an action on a resource. Principals and conditions are not compared. */
export function mentions(
  { Action, NotAction, Resource, NotResource }: PolicyStatement,
  action: string,
  resource: string,
): boolean {
  const lower = (value: Listed | undefined) =>
    value === undefined ? undefined : listed(value).map((name) => name.toLowerCase());
  return one(lower(Action), lower(NotAction), action.toLowerCase()) && one(Resource, NotResource, resource);
}
