/** Texts of values for logs, as Node's `util.inspect` writes them with its default options. */

const CUSTOM = Symbol.for('nodejs.util.inspect.custom');
const WIDTH = 72;
const ITEMS = 100;
/** Number of innermost levels that share a line if they fit. */
const COMPACT = 3;
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

export interface InspectOptions {
  readonly depth?: number | null;
}

interface State {
  readonly depth: number;
  readonly level: number;
  readonly path: readonly object[];
  /** The level of the last formatted object. */
  readonly last: { level: number };
}

export function inspect(value: unknown, options: InspectOptions = {}): string {
  const { depth = 2 } = options;
  return text(value, { depth: depth ?? Number.POSITIVE_INFINITY, level: 0, path: [], last: { level: 0 } });
}

inspect.custom = CUSTOM;
inspect.defaultOptions = { depth: 2 };

function text(value: unknown, state: State): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'symbol':
    case 'boolean':
    case 'undefined':
      return String(value);
    default:
      return value === null ? 'null' : object(value as object, state);
  }
}

function quoted(value: string): string {
  const quote = !value.includes("'") ? "'" : !value.includes('"') ? '"' : value.includes('`') ? "'" : '`';
  const escaped = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"');
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}

function object(value: object, state: State): string {
  if (state.path.includes(value)) return '[Circular *1]';
  const custom = (value as Record<symbol, unknown>)[CUSTOM];
  if (typeof custom === 'function' && custom !== inspect) {
    const result: unknown = custom.call(value, state.depth - state.level, {}, inspect);
    if (result !== value) return typeof result === 'string' ? result : text(result, state);
  }
  const inner = { ...state, level: state.level + 1, path: [...state.path, value] };
  const name = nameOf(value);
  const keys = keysOf(value);
  const simple = simpleText(value, name);
  if (simple !== undefined && keys.length === 0) return simple;
  if (state.level > state.depth) return `[${name || 'Object'}]`;
  state.last.level = state.level;
  const members = () => keys.map((key) => member(value, key, inner));
  const prefix = (plain: string, size?: number) =>
    name === plain && size === undefined ? '' : `${name}${size === undefined ? '' : `(${size})`} `;
  if (Array.isArray(value)) {
    const head = name === 'Array' ? '' : `${name}(${value.length}) `;
    const items = limited(value, (item) => text(item, inner));
    return joined(`${head}[`, [...items, ...members()], ']', inner);
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = limited([...(value as Uint8Array)], String);
    return joined(`${name}(${(value as Uint8Array).length}) [`, [...items, ...members()], ']', inner);
  }
  if (value instanceof Map) {
    const items = limited([...value], ([key, item]) => `${text(key, inner)} => ${text(item, inner)}`);
    return joined(`${prefix('', value.size)}{`, [...items, ...members()], '}', inner);
  }
  if (value instanceof Set) {
    const items = limited([...value], (item) => text(item, inner));
    return joined(`${prefix('', value.size)}{`, [...items, ...members()], '}', inner);
  }
  const head = simple === undefined ? prefix('Object') : `${simple} `;
  return joined(`${head}{`, members(), '}', inner);
}

/** Formats values without braces, such as functions, errors and dates. */
function simpleText(value: object, name: string): string | undefined {
  if (typeof value === 'function') {
    const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : name;
    return `[${kind}${value.name === '' ? ' (anonymous)' : `${kind === 'class' ? ' ' : ': '}${value.name}`}]`;
  }
  if (value instanceof Error) return errorText(value);
  if (value instanceof Date) return Number.isNaN(Number(value)) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return 'Promise { <pending> }';
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { <items unknown> }`;
  if (value instanceof String || value instanceof Number || value instanceof Boolean) {
    return `[${name}: ${text(value.valueOf(), { depth: 0, level: 0, path: [], last: { level: 0 } })}]`;
  }
  return undefined;
}

function errorText(error: Error): string {
  const stack = typeof error.stack === 'string' && error.stack !== '' ? error.stack : `[${String(error)}]`;
  return error.cause instanceof Error
    ? `${stack} {\n  [cause]: ${errorText(error.cause).replaceAll('\n', '\n  ')}\n}`
    : stack;
}

function nameOf(value: object): string {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const own = Object.getOwnPropertyDescriptor(at, 'constructor')?.value as unknown;
    if (typeof own === 'function' && own.name !== '') return own.name;
  }
  return '[Object: null prototype]';
}

function keysOf(value: object): PropertyKey[] {
  const isIndexed = Array.isArray(value) || ArrayBuffer.isView(value);
  const hidden = value instanceof Error ? ['cause'] : [];
  const names = Object.keys(value).filter(
    (key) => !(isIndexed && /^\d+$/.test(key)) && !hidden.includes(key),
  );
  const symbols = Object.getOwnPropertySymbols(value).filter((symbol) =>
    Object.prototype.propertyIsEnumerable.call(value, symbol),
  );
  return [...names, ...symbols];
}

function member(value: object, key: PropertyKey, state: State): string {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  const shown =
    typeof key === 'symbol'
      ? `[${String(key)}]`
      : IDENTIFIER.test(String(key))
        ? String(key)
        : quoted(String(key));
  if (descriptor?.get !== undefined)
    return `${shown}: [Getter${descriptor.set === undefined ? '' : '/Setter'}]`;
  if (descriptor?.set !== undefined) return `${shown}: [Setter]`;
  return `${shown}: ${text(descriptor?.value, state)}`;
}

function limited<T>(items: readonly T[], write: (item: T) => string): string[] {
  const shown = items.slice(0, ITEMS).map(write);
  const more = items.length - shown.length;
  return more > 0 ? [...shown, `... ${more} more item${more > 1 ? 's' : ''}`] : shown;
}

function joined(head: string, members: readonly string[], tail: string, { level, last }: State): string {
  if (members.length === 0) return `${head}${tail}`;
  const length = members.reduce((sum, one) => sum + one.length + 2, head.length);
  const isFlat = members.every((one) => !one.includes('\n')) && last.level - (level - 1) < COMPACT;
  if (isFlat && length <= WIDTH) return `${head} ${members.join(', ')} ${tail}`;
  const indent = '  '.repeat(level);
  return `${head}\n${indent}${members.join(`,\n${indent}`)}\n${indent.slice(2)}${tail}`;
}

/** `util.format`: https://nodejs.org/api/util.html#utilformatformat-args */
export function format(...values: unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== 'string') return values.map(shown).join(' ');
  const formatted = first.replace(/%[sdifjoOc%]/g, (directive) => {
    if (directive === '%%') return values.length > 1 ? '%' : '%%';
    if (rest.length === 0) return directive;
    return written(directive, rest.shift());
  });
  return [formatted, ...rest.map(shown)].join(' ');
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function written(directive: string, value: unknown): string {
  switch (directive) {
    case '%s':
      return typeof value === 'object' && value !== null
        ? inspect(value, { depth: 0 })
        : typeof value === 'bigint'
          ? `${value}n`
          : String(value);
    case '%d':
      return typeof value === 'object'
        ? 'NaN'
        : typeof value === 'bigint'
          ? `${value}n`
          : String(Number(value));
    case '%i':
      return String(Number.parseInt(String(value), 10));
    case '%f':
      return String(Number.parseFloat(String(value)));
    case '%j':
      try {
        return JSON.stringify(value) ?? 'undefined';
      } catch {
        // The text that Node prints.
        return '[Circular]';
      }
    case '%c':
      return '';
    default:
      return inspect(value, { depth: 4 });
  }
}
