import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Document, LineCounter, Node } from 'yaml';
import { isUserError, systemCode, UserError } from '../errors.ts';
import { decodeText } from '../text.ts';
import { diskReason } from './disk-errors.ts';
import { isFields } from './documents.ts';

/** Bytes of a file that people write: a thousand rules have a tenth of it. */
const MAX_BYTES = 1024 ** 2;

/** The way to a value: names of mappings and places in lists. */
type Path = readonly (string | number)[];

/** A file that people wrote, and the words for what is wrong in it. */
interface Source {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly hint: readonly string[];
}

/** Returns the line of a value, or of the nearest one around it that is there. */
function lineOf({ document, lines }: Source, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true) as Partial<Node> | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function pathText(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((one) => (typeof one === 'number' ? `[${one}]` : `.${one}`))
    .join('')
    .replace(/^\./, '');
}

function unusable({ name, hint }: Pick<Source, 'name' | 'hint'>, line: number, why: string): UserError {
  return new UserError('usage', `${name}:${line}: ${why}.`, { hint });
}

/** A value of a file. Each complaint names the file, the line, and the way to the value. */
export class YamlValue {
  readonly value: unknown;
  readonly #source: Source;
  readonly #path: Path;

  constructor(source: Source, path: Path, value: unknown) {
    this.value = value;
    this.#source = source;
    this.#path = path;
  }

  /**
   * @param why the rest of a sentence that begins with the name of the value
   * @param hint in place of that of the file
   */
  fail(why: string, hint: readonly string[] = this.#source.hint): never {
    const source = { ...this.#source, hint };
    throw unusable(source, lineOf(source, this.#path), `${pathText(this.#path)} ${why}`);
  }

  /** Gives the file and the line to what a parser of single values says. */
  parse<T>(parser: (where: string) => T): T {
    try {
      return parser(pathText(this.#path));
    } catch (error) {
      if (!isUserError(error)) throw error;
      const line = lineOf(this.#source, this.#path);
      throw new UserError(error.code, `${this.#source.name}:${line}: ${error.message}`, {
        hint: error.hintLines.length > 0 ? error.hintLines : this.#source.hint,
        cause: error,
      });
    }
  }

  text(): string {
    if (typeof this.value === 'string' && this.value !== '') return this.value;
    return this.fail('is not text; put numbers and true or false into quotation marks');
  }

  /** One text, or a list of at least one. */
  texts(): readonly string[] {
    if (!Array.isArray(this.value)) return [this.text()];
    if (this.value.length === 0) return this.fail('is an empty list');
    return this.items().map((item) => item.text());
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('is neither true nor false');
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const text = this.text();
    return choices.find((one) => one === text) ?? this.fail(`is “${text}”, not one of ${choices.join(', ')}`);
  }

  items(): readonly YamlValue[] {
    if (!Array.isArray(this.value)) return this.fail('is not a list');
    return this.value.map((item, at) => new YamlValue(this.#source, [...this.#path, at], item));
  }

  mapping(): YamlMapping {
    return new YamlMapping(this, (name, value) => new YamlValue(this.#source, [...this.#path, name], value));
  }
}

/** A mapping whose members are taken one by one. */
export class YamlMapping {
  readonly #member: (name: string, value: unknown) => YamlValue;
  readonly #left: Map<string, unknown>;
  readonly #known = new Set<string>();

  constructor(itself: YamlValue, member: (name: string, value: unknown) => YamlValue) {
    const { value } = itself;
    if (value === null) itself.fail('is empty');
    if (!isFields(value)) itself.fail('is not a mapping (name: value)');
    this.#member = member;
    this.#left = new Map(Object.entries(value));
  }

  /** Returns a member, or `undefined`. An empty one is refused: an empty `when` would let everybody in. */
  take(name: string): YamlValue | undefined {
    this.#known.add(name);
    const value = this.#left.get(name);
    if (value === undefined) return undefined;
    this.#left.delete(name);
    const member = this.#member(name, value);
    if (value === null) member.fail('is empty; give it a value, or remove it');
    return member;
  }

  required(name: string): YamlValue {
    return this.take(name) ?? this.#member(name, undefined).fail('is missing');
  }

  /** Returns the members that were not taken yet. */
  rest(): readonly (readonly [string, YamlValue])[] {
    return [...this.#left.keys()].flatMap((name) => {
      const value = this.take(name);
      return value === undefined ? [] : [[name, value] as const];
    });
  }

  fail(name: string, why: string): never {
    return this.#member(name, undefined).fail(why);
  }

  /** Refuses members that nobody took: a misspelt condition would let everybody in. */
  end(): void {
    const hint = [`Use one of: ${[...this.#known].join(', ')}`];
    for (const name of this.#left.keys()) this.#member(name, undefined).fail('is not known', hint);
  }
}

/**
 * Parses YAML 1.2, of which JSON is a part: no aliases, no tags of its own, text as names.
 * @param name of the file, for errors
 * @param hint below each error
 * @throws {UserError} `usage` naming the line
 */
export async function parseYaml(text: string, name: string, hint: readonly string[]): Promise<YamlValue> {
  const { LineCounter, parseDocument, visit } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const source = { name, document, lines, hint };
  // Unknown tags are warnings.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const [message = ''] = problem.message.split(/ at line |\n/);
    throw unusable(source, lines.linePos(problem.pos[0]).line, `this is not YAML: ${message}`);
  }
  visit(document, {
    Alias: (_key, { range }) => {
      const { line } = lines.linePos(range?.[0] ?? 0);
      throw unusable(source, line, 'an alias (*) is not allowed; write the value again');
    },
    Collection: (key, { range }) => {
      if (key !== 'key') return;
      const { line } = lines.linePos(range?.[0] ?? 0);
      throw unusable(source, line, 'a list or a mapping cannot be a name');
    },
  });
  return new YamlValue(source, [], document.toJS());
}

async function readBounded(path: string, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new UserError('usage', `${name} is larger than ${MAX_BYTES / 1024} KiB.`);
  }
  return Buffer.concat(pieces);
}

/**
 * Reads the text of a file that an operator wrote, from a disk or a pipe.
 * @param typed its path, as in errors
 * @param hint how to get such a file
 * @throws {UserError} `file_missing`, `file_unreadable`; `usage` for what is not text
 */
export async function readYamlText(cwd: string, typed: string, hint: readonly string[]): Promise<string> {
  try {
    return decodeText(await readBounded(resolve(cwd, typed), typed), { name: typed });
  } catch (error) {
    if (isUserError(error)) throw error;
    const missing = systemCode(error) === 'ENOENT';
    throw new UserError(
      missing ? 'file_missing' : 'file_unreadable',
      `${typed} ${missing ? 'does not exist' : `cannot be read: ${diskReason(error)}`}.`,
      { hint, cause: error },
    );
  }
}
