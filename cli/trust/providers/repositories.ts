import type { Hint, HintLine } from '../../command-line.ts';
import { isUserError, UserError } from '../../errors.ts';
import type { Documents } from '../documents.ts';

/** Selects jobs of a repository. Values of one flag are alternatives. */
export interface JobFlags {
  readonly branch?: readonly string[];
  readonly tag?: readonly string[];
  readonly environment?: readonly string[];
  /** Address of a self-managed installation. */
  readonly url?: string;
}

/** Returns branches and tags as refs. */
export const refs = ({ branch = [], tag = [] }: JobFlags) => [
  ...branch.map((name) => `refs/heads/${name}`),
  ...tag.map((name) => `refs/tags/${name}`),
];

export function checkedId(id: string, flag: string): string {
  if (/^[1-9]\d{0,18}$/.test(id)) return id;
  throw new UserError('usage', `Invalid value for ${flag}: “${id}”. Use a number.`);
}

/** Splits a path such as `acme/app`. Refuses patterns. */
export function pathOf(typed: string, what: string, wildcardHint: Hint): readonly string[] {
  const parts = typed.trim().split('/');
  if (typed.includes('*')) {
    throw new UserError(
      'usage',
      `“${typed}” is a pattern. It would match repositories that others create later.`,
      {
        hint: wildcardHint,
      },
    );
  }
  if (parts.every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part))) return parts;
  throw new UserError('usage', `“${typed}” is not the path of a ${what}.`, {
    hint: `It looks like acme/app.`,
  });
}

/** What to look up in a public API. */
export interface LookUp {
  /** Description for the start of a sentence. */
  readonly what: string;
  readonly address: string;
  /** Commands that print the id instead. */
  readonly ids: readonly HintLine[];
}

/** Looks up an id in the public API; `undefined` if it shows none, as for private repositories. */
export async function lookUp(
  documents: Documents,
  named: LookUp,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const fetched = await documents.fetch(named.address);
    return 'fields' in fetched ? fetched.fields : undefined;
  } catch (error) {
    if (!isUserError(error) || error.code === 'interrupted') throw error;
    throw new UserError(error.code, `${named.what} cannot be looked up: ${error.message}`, {
      hint: [...error.hintLines, 'Or give its ids:', ...named.ids],
      cause: error,
    });
  }
}

export function idIn(value: unknown): string | undefined {
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

export function notFound(named: LookUp): UserError {
  const { host } = new URL(named.address);
  return new UserError('usage', `${named.what} is not public at ${host}, or it does not exist.`, {
    hint: ['Give the ids of a private one:', ...named.ids],
  });
}

export const fieldsIn = (value: unknown) => (value ?? {}) as Readonly<Record<string, unknown>>;
