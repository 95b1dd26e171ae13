import { call, callJson } from '../bridge.ts';
import { URL_PARTS, type UrlParts } from '../bridge-names.ts';

type Pair = [string, string];

export class URLSearchParams {
  #pairs: Pair[];
  /** Called on each change; set by the URL that the query belongs to. */
  onChange: ((text: string) => void) | undefined;

  constructor(init: unknown = '') {
    Object.defineProperty(this, 'onChange', { enumerable: false, writable: true });
    this.#pairs = readPairs(init);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: string, value: string): void {
    this.#change([...this.#pairs, [`${name}`, `${value}`]]);
  }

  delete(name: string, value?: string): void {
    this.#change(
      this.#pairs.filter(([key, own]) => key !== `${name}` || (value !== undefined && own !== `${value}`)),
    );
  }

  get(name: string): string | null {
    return this.#pairs.find(([key]) => key === `${name}`)?.[1] ?? null;
  }

  getAll(name: string): string[] {
    return this.#pairs.filter(([key]) => key === `${name}`).map(([, value]) => value);
  }

  has(name: string, value?: string): boolean {
    return this.#pairs.some(([key, own]) => key === `${name}` && (value === undefined || own === `${value}`));
  }

  set(name: string, value: string): void {
    const at = this.#pairs.findIndex(([key]) => key === `${name}`);
    if (at === -1) {
      this.append(name, value);
      return;
    }
    const others = this.#pairs.filter(([key], index) => key !== `${name}` || index === at);
    this.#change(others.map((pair) => (pair[0] === `${name}` ? [pair[0], `${value}`] : pair)));
  }

  sort(): void {
    this.#change([...this.#pairs].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  }

  forEach(callback: (value: string, name: string, parent: URLSearchParams) => void): void {
    for (const [name, value] of this.#pairs) callback(value, name, this);
  }

  entries(): IterableIterator<Pair> {
    return this.#pairs.map(([name, value]): Pair => [name, value]).values();
  }

  keys(): IterableIterator<string> {
    return this.#pairs.map(([name]) => name).values();
  }

  values(): IterableIterator<string> {
    return this.#pairs.map(([, value]) => value).values();
  }

  toString(): string {
    return call('query.build', JSON.stringify(this.#pairs));
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.entries();
  }

  #change(pairs: Pair[]): void {
    this.#pairs = pairs;
    this.onChange?.(this.toString());
  }
}

function readPairs(init: unknown): Pair[] {
  if (typeof init !== 'object' || init === null) return callJson('query.parse', String(init ?? ''));
  const isIterable = Symbol.iterator in init;
  const entries = isIterable ? [...(init as Iterable<Pair>)] : Object.entries(init);
  return entries.map(([name, value]) => [`${name}`, `${value}`]);
}

class GuestURL {
  #parts: UrlParts;
  #params: URLSearchParams | undefined;

  constructor(input: unknown, base?: unknown) {
    this.#parts =
      base === undefined ? callJson('url.parse', `${input}`) : callJson('url.resolve', `${input}`, `${base}`);
  }

  static canParse(input: unknown, base?: unknown): boolean {
    return GuestURL.parse(input, base) !== null;
  }

  static parse(input: unknown, base?: unknown): GuestURL | null {
    try {
      return new GuestURL(input, base);
    } catch {
      // An unparsable URL is an expected result here, not a failure.
      return null;
    }
  }

  get origin(): string {
    return this.#parts.origin;
  }

  get searchParams(): URLSearchParams {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams(this.#parts.search);
      this.#params.onChange = (text) => {
        this.#parts = callJson('url.set', this.#parts.href, 'search', text);
      };
    }
    return this.#params;
  }

  toString(): string {
    return this.#parts.href;
  }

  toJSON(): string {
    return this.#parts.href;
  }

  static {
    for (const name of URL_PARTS) {
      Object.defineProperty(GuestURL.prototype, name, {
        get(this: GuestURL) {
          return this.#parts[name];
        },
        set(this: GuestURL, value: unknown) {
          this.#parts = callJson('url.set', this.#parts.href, name, `${value}`);
          if (name === 'search' || name === 'href') this.#params = undefined;
        },
        enumerable: true,
        configurable: true,
      });
    }
  }
}

Object.defineProperty(GuestURL, 'name', { value: 'URL' });
export const URL = GuestURL as unknown as typeof globalThis.URL;
