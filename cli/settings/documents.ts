import { isFields } from '../../protocol/fields.ts';
import { UserError } from '../errors.ts';
import { moveAside, readIfThere } from './own-file.ts';

/** What is wrong in a document, with the way to it: `deployments[0].url is missing`. */
class Malformed extends Error {}

/** A value in a document that anybody may have changed; each look at it checks what it is. */
export class Part {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where = '') {
    this.#value = value;
    this.#where = where;
  }

  /** @throws for this value, with the words that say what it must be. */
  fail(why: string): never {
    throw new Malformed(`${this.#where === '' ? 'the document' : this.#where} ${why}`);
  }

  /** A member that must be there. */
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

  /** Text with at least one letter. */
  text(): string {
    return typeof this.#value === 'string' && this.#value !== '' ? this.#value : this.fail('is not text');
  }

  /** Text that holds, such as an address. */
  textThat(holds: (text: string) => boolean, why: string): string {
    const text = this.text();
    return holds(text) ? text : this.fail(why);
  }

  is(value: unknown): boolean {
    return this.#value === value;
  }

  #way(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`;
  }
}

/**
 * Reads a JSON file of ours, which somebody may have edited, a crash cut short, or another version written.
 * @param parse takes what it needs; whatever is not as it must be is an error that says where
 * @param remedy what to do once the file is moved aside, such as `sign in or deploy again`
 * @returns `undefined` where there is no file
 * @throws {UserError} `settings` or `disk`, with the file, what is wrong with it and what to do
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
      hint: [`Move it away, then ${remedy}:`, `  ${moveAside(path)}`],
      cause: error,
    });
  }
}

function notJson(text: string): string {
  return text.trim() === '' ? 'it is empty' : 'it is not valid JSON';
}
