import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { JsonFile } from '../../json-file.ts';
import type { StackRecord } from './model.ts';

/** Characters from which a text has a file of its own: templates, and code of functions. */
const LONG_TEXT = 2000;

/** Begins the reference to a text in a record. A text that begins so has a file of its own, whatever its length. */
const REFERENCE = 'text in file ';

/**
 * The file of a stack, which is replaced at each step of an operation. Long texts, which a record contains up to seven times
 * and which few steps change, are files in a folder beside it, so that a step writes only those that it changes.
 */
export class StackFile {
  readonly #folder: string;
  readonly #record: JsonFile<StackRecord>;
  /** The references to the long texts of the record in the file, by text. */
  #references = new Map<string, string>();

  /** @param name the last part of the stack's id */
  constructor(folder: string, name: string) {
    this.#folder = join(folder, name);
    this.#record = new JsonFile(join(folder, `${name}.json`));
  }

  /** @throws Error as `JsonFile`, and for a text whose file is missing */
  read(): StackRecord | undefined {
    return this.#record.read((_, value) => {
      if (typeof value !== 'string' || !value.startsWith(REFERENCE)) return value;
      const file = this.#textFile(value);
      const text = file.read();
      if (text === undefined)
        throw new Error(`${file.path} is missing, to which ${this.#record.path} refers`);
      this.#references.set(text, value);
      return text;
    });
  }

  write(stack: StackRecord): void {
    const references = new Map<string, string>();
    this.#record.write(stack, (_, value) => {
      if (typeof value !== 'string' || (value.length < LONG_TEXT && !value.startsWith(REFERENCE)))
        return value;
      const reference = references.get(value) ?? this.#references.get(value) ?? this.#writeText(value);
      references.set(value, reference);
      return reference;
    });
    for (const [text, reference] of this.#references) {
      if (!references.has(text)) this.#textFile(reference).remove();
    }
    this.#references = references;
  }

  #textFile(reference: string): JsonFile<string> {
    return new JsonFile(join(this.#folder, reference.slice(REFERENCE.length)));
  }

  /** Returns the reference to a text after it is written. */
  #writeText(text: string): string {
    const reference = `${REFERENCE}${createHash('sha256').update(text).digest('hex')}.json`;
    this.#textFile(reference).write(text);
    return reference;
  }
}
