import { isFields } from '../../protocol/fields.ts';
import { UserError } from '../errors.ts';
import { moveAside, readIfThere } from './own-files.ts';

/** A defect of a document, with its path: `deployments[0].url is missing`. */
class Malformed extends Error {}

/** A value in a document that somebody can have edited. Each method checks its type. */
export class Part {
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
  member(name: string): Part {
    const part = this.optional(name);
    if (part !== undefined) return part;
    return new Part(undefined, this.#way(name)).fail('is missing');
  }

  optional(name: string): Part | undefined {
    const value = this.#value;
    if (!isFields(value)) return this.fail('is not an object');
    if (!Object.hasOwn(value, name)) return undefined;
    return new Part(value[name], this.#way(name));
  }

  list(): Part[] {
    if (!Array.isArray(this.#value)) return this.fail('is not a list');
    return this.#value.map((value, at) => new Part(value, `${this.#where}[${at}]`));
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
  parse: (root: Part) => T,
  remedy: string,
): Promise<T | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return parse(new Part(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof Malformed)) throw error;
    const why = error instanceof Malformed ? error.message : notJson(text);
    throw new UserError('settings', `${path} cannot be read: ${why}.`, {
      hint: [`Move it away, then ${remedy}:`, moveAside(path)],
      cause: error,
    });
  }
}

function notJson(text: string): string {
  return text.trim() === '' ? 'it is empty' : 'it is not valid JSON';
}
