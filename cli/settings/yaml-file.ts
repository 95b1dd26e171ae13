import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import type { Document, LineCounter, Node, Pair } from 'yaml';
import { isFields } from '../../protocol/fields.ts';
import type { Hint } from '../command-line.ts';
import type { Context } from '../context.ts';
import { interrupted, isUserError, UserError } from '../errors.ts';
import { openInput } from '../input-file.ts';
import { nearestName } from '../nearest-name.ts';
import { decodeText } from '../text.ts';
import { inputError } from './disk-errors.ts';
import { parsePlainYaml } from './plain-yaml.ts';

/** Maximum bytes of a file. A thousand rules have a tenth of that. */
const MAX_BYTES = 1024 ** 2;

/** The path of a value: names in mappings and indexes in lists. */
type Path = readonly (string | number)[];

/** A file that a person wrote. Creates its error messages. */
interface Source {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly hint: Hint;
}

/** Returns the member of a mapping by its name. */
function pairOf({ document }: Source, path: Path): Pair<Node, Node | null> | undefined {
  const parent = document.getIn(path.slice(0, -1), true) as
    | { readonly items?: readonly unknown[] }
    | undefined;
  const pairs = (parent?.items ?? []) as readonly Pair<Node & { readonly value?: unknown }, Node | null>[];
  return pairs.find(({ key }) => key?.value === path.at(-1));
}

/** Returns where a value begins: its own place, that of its name if it is empty, or that of the value around it. */
function offsetOf(source: Source, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const way = path.slice(0, length);
    const node = source.document.getIn(way, true) as
      | (Partial<Node> & { readonly source?: string })
      | undefined;
    const isEmpty = node?.source === '';
    if (node?.range && !isEmpty) return node.range[0];
    const name = pairOf(source, way)?.key.range;
    if (name) return name[0];
  }
  return source.document.contents?.range?.[0] ?? 0;
}

function pathText(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((one) => (typeof one === 'number' ? `[${one}]` : `.${one}`))
    .join('')
    .replace(/^\./, '');
}

function place({ name, lines }: Pick<Source, 'name' | 'lines'>, offset: number): string {
  const { line, col } = lines.linePos(offset);
  // An empty file has no lines.
  return `${name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

function unusable(source: Omit<Source, 'document'>, offset: number, why: string): UserError {
  return new UserError('usage', `${place(source, offset)}: ${why}.`, { hint: source.hint });
}

/** A value of a file. Each error names the file, line and column, and the path of the value. */
export class YamlValue {
  readonly value: unknown;
  readonly #source: Source;
  readonly #path: Path;

  constructor(source: Source, path: Path, value: unknown) {
    this.value = value;
    this.#source = source;
    this.#path = path;
  }

  /** @param why the rest of a sentence that begins with the name of the value */
  fail(why: string): never {
    throw unusable(this.#source, offsetOf(this.#source, this.#path), `${pathText(this.#path)} ${why}`);
  }

  /** Throws an error about the name of a member, at its position, with this hint instead of the file's. */
  failName(name: string, why: string, hint: Hint): never {
    const path = [...this.#path, name];
    const { key } = pairOf(this.#source, path) ?? {};
    throw unusable({ ...this.#source, hint }, key?.range?.[0] ?? 0, `${pathText(path)} ${why}`);
  }

  /** Adds the file and line to the error of a parser of single values. */
  parse<T>(parser: (where: string) => T): T {
    try {
      return parser(pathText(this.#path));
    } catch (error) {
      if (!isUserError(error)) throw error;
      const at = place(this.#source, offsetOf(this.#source, this.#path));
      throw new UserError(error.code, `${at}: ${error.message}`, {
        hint: error.hintLines.length > 0 ? error.hintLines : this.#source.hint,
        cause: error,
      });
    }
  }

  text(): string {
    if (typeof this.value === 'string' && this.value !== '') return this.value;
    if (this.value === '') return this.fail('is an empty string');
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

/** A mapping whose members are read one by one. */
export class YamlMapping {
  readonly #itself: YamlValue;
  readonly #member: (name: string, value: unknown) => YamlValue;
  readonly #left: Map<string, unknown>;
  /** The names that were read. */
  readonly #known = new Set<string>();

  constructor(itself: YamlValue, member: (name: string, value: unknown) => YamlValue) {
    const { value } = itself;
    if (value === null) itself.fail('is empty');
    if (!isFields(value)) itself.fail('is not a mapping (name: value)');
    this.#itself = itself;
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
    if (value === null) {
      member.fail(
        'is empty; give it a value, or remove it. A value that begins with # needs quotation marks',
      );
    }
    return member;
  }

  required(name: string): YamlValue {
    return this.take(name) ?? this.#member(name, undefined).fail('is missing');
  }

  /** Returns the members that were not read yet. */
  rest(): readonly (readonly [string, YamlValue])[] {
    return [...this.#left.keys()].flatMap((name) => {
      const value = this.take(name);
      return value === undefined ? [] : [[name, value] as const];
    });
  }

  fail(name: string, why: string): never {
    return this.#member(name, undefined).fail(why);
  }

  /** Refuses members that were not read: a misspelt condition would let everybody in. */
  end(): void {
    const known = [...this.#known];
    const hint = [`Use one of: ${known.join(', ')}`];
    for (const name of this.#left.keys()) {
      const meant = nearestName(name, known);
      this.#itself.failName(
        name,
        `is not known${meant === undefined ? '' : ` (did you mean ${meant}?)`}`,
        hint,
      );
    }
  }
}

/**
 * Parses the part of YAML 1.2 that `parsePlainYaml` takes.
 * @param name of the file, for errors
 * @param hint below each error
 * @throws {UserError} `usage` naming line and column
 */
export async function parseYaml(text: string, name: string, hint: Hint): Promise<YamlValue> {
  const { LineCounter } = await import('yaml');
  const lines = new LineCounter();
  const document = await parsePlainYaml(text, lines);
  if ('why' in document) throw unusable({ name, lines, hint }, document.offset, document.why);
  return new YamlValue({ name, document, lines, hint }, [], document.toJS());
}

/**
 * Reads the text of a file that an operator wrote, from a disk or a pipe.
 * @param typed its path, as in errors
 * @param hint how to get such a file
 * @throws {UserError} `file_missing`, `file_unreadable`; `usage` for what is not text, and for more than 1 MiB
 */
export async function readYamlText(
  { cwd, signal }: Pick<Context, 'cwd' | 'signal'>,
  typed: string,
  hint: Hint,
): Promise<string> {
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of addAbortSignal(signal, await openInput(resolve(cwd, typed)))) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MAX_BYTES) throw new UserError('usage', `${typed} is larger than ${MAX_BYTES / 1024} KiB.`);
    }
    return decodeText(Buffer.concat(pieces), { name: typed });
  } catch (error) {
    if (signal.aborted) throw interrupted();
    throw isUserError(error) ? error : inputError(typed, error, hint);
  }
}
