import { join } from 'node:path';
import { isFields, omitUndefined } from '../../protocol/fields.ts';
import { command, type HintLine } from '../command-line.ts';
import { type ErrorCode, isUserError, UserError } from '../errors.ts';
import { type FolderContext, findFolder, requireFolder } from './folders.ts';
import { withLock } from './lock.ts';
import { moveAside, readIfThere, replaceFile } from './own-files.ts';

/** A defect of a document, with its path: `deployments[0].url is missing`. */
class Malformed extends Error {}

/** A value in a document that a person may have edited. Each method checks its type. */
export class DocumentPart {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where = '') {
    this.#value = value;
    this.#where = where;
  }

  /** @throws {Malformed} that names this value, with `why` as the rest of the sentence. */
  fail(why: string): never {
    throw new Malformed(`${this.#where === '' ? 'the document' : this.#where} ${why}`);
  }

  /** Returns a required member. */
  member(name: string): DocumentPart {
    const part = this.optional(name);
    if (part !== undefined) return part;
    return new DocumentPart(undefined, this.#way(name)).fail('is missing');
  }

  optional(name: string): DocumentPart | undefined {
    const value = this.#value;
    if (!isFields(value)) return this.fail('is not an object');
    if (!Object.hasOwn(value, name)) return undefined;
    return new DocumentPart(value[name], this.#way(name));
  }

  /** Returns the texts among these members; each can be absent. */
  optionalTexts<Name extends string>(...names: readonly Name[]): Partial<Record<Name, string>> {
    const pairs = names.map((name) => [name, this.optional(name)?.text()]);
    return omitUndefined(Object.fromEntries(pairs)) as Partial<Record<Name, string>>;
  }

  list(): DocumentPart[] {
    if (!Array.isArray(this.#value)) return this.fail('is not a list');
    return this.#value.map((value, at) => new DocumentPart(value, `${this.#where}[${at}]`));
  }

  /** Returns text that is not empty. */
  text(): string {
    return typeof this.#value === 'string' && this.#value !== '' ? this.#value : this.fail('is not text');
  }

  /** Returns text that passes a check, such as an address. */
  textThat(isValid: (text: string) => boolean, why: string): string {
    const text = this.text();
    return isValid(text) ? text : this.fail(why);
  }

  is(value: unknown): boolean {
    return this.#value === value;
  }

  isAbove(value: number): boolean {
    return typeof this.#value === 'number' && this.#value > value;
  }

  #way(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`;
  }
}

/**
 * Reads a JSON file of edge-upload. Somebody can have edited it, a crash cut it short, or another version written it.
 * @param parse takes the members that it needs; a defect is reported with its path
 * @param remedy what to do once the file is moved away, such as `sign in or deploy again`
 * @returns `undefined` if there is no file
 * @throws {UserError} `settings` or `disk`, with the file, its defect and what to do
 */
export async function readDocument<T>(
  path: string,
  parse: (root: DocumentPart) => T,
  remedy: string,
): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return parse(new DocumentPart(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Malformed)) throw error;
    const why = error instanceof Malformed ? error.message : notJson(text);
    throw new UserError('settings', `${path} cannot be read: ${why}.`, {
      hint: [`Move it away, then ${remedy}:`, moveAside(path)],
      cause: error,
    });
  }
}

/** A file of a newer format. */
export class NewerFormatError extends UserError {}

/** Returns the error for a file of a newer format. The file is not changed. */
export function writtenByNewer(path: string, ...otherwise: HintLine[]): UserError {
  return new NewerFormatError(
    'settings',
    `${path} cannot be read: a newer version of edge-upload wrote it.`,
    {
      hint: ['Update this one:', command`npm install --global edge-upload`, ...otherwise],
    },
  );
}

function notJson(text: string): string {
  return text.trim() === '' ? 'it is empty' : 'it is not valid JSON';
}

interface DocumentKind<T> {
  /** @param path of the file, for errors */
  readonly parse: (root: DocumentPart, path: string) => T;
  /** Content without a file, and without a settings folder. */
  readonly empty: T;
  /** See {@link readDocument}. */
  readonly remedy: string;
}

/** Returns access to a JSON file of the settings folder. */
export function documentIn<T>(fileName: string, { parse, empty, remedy }: DocumentKind<T>) {
  const read = async (context: FolderContext): Promise<T> => {
    const folder = findFolder(context, 'config');
    if (folder === undefined) return empty;
    const path = join(folder, fileName);
    return (await readDocument(path, (root) => parse(root, path), remedy)) ?? empty;
  };
  return {
    read,
    /** Replaces the file atomically, while no other process changes it. */
    async change(context: FolderContext, edit: (now: T) => T): Promise<void> {
      const path = join(requireFolder(context, 'config'), fileName);
      await withLock(path, async () => {
        await replaceFile(path, `${JSON.stringify(edit(await read(context)), undefined, 2)}\n`);
      });
    },
  };
}

/** Error codes of a full or read-only disk, of another user's disk, and of another file in place of a record. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['disk', 'settings']);

/** Whether a record cannot be read or written. */
function isRecordTrouble(error: unknown): error is UserError {
  return isUserError(error) && TROUBLE.has(error.code);
}

/** Returns the result of work on records. If they cannot be read or written, reports that and returns `undefined`. */
export async function orReport<T>(
  work: () => Promise<T>,
  onTrouble: (error: UserError) => void,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isRecordTrouble(error)) throw error;
    onTrouble(error);
    return undefined;
  }
}

/**
 * Runs `work` with what `open` opens. Where that fails for a disk or a file in its place, it runs `work` with what
 * `otherwise` returns: bookkeeping never fails an upload. Errors of the work itself are thrown.
 */
export async function withOptional<T, R>(
  open: (use: (value: T) => Promise<R>) => Promise<R>,
  work: (value: T) => Promise<R>,
  otherwise: () => Promise<T>,
  onTrouble: (error: UserError) => void,
): Promise<R> {
  let working: Promise<R> | undefined;
  const use = (value: T) => {
    working = work(value);
    return working;
  };
  try {
    return await open(use);
  } catch (error) {
    // This await throws an error of the work. Without one, only closing failed.
    const done = working === undefined ? undefined : { value: await working };
    if (!isRecordTrouble(error)) throw error;
    onTrouble(error);
    return done === undefined ? work(await otherwise()) : done.value;
  }
}
