import { DOMException } from './abort.ts';

const BY_ITSELF = new Set<unknown>([Date, RegExp]);

/** `structuredClone` of plain data, collections, dates, patterns, bytes and errors. Transfer is not supported. */
export function structuredClone(value: unknown, options: { transfer?: readonly unknown[] } = {}): unknown {
  if ((options.transfer?.length ?? 0) > 0) throw uncloneable('A transfer');
  return copy(value, new Map());
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw uncloneable(String(value));
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = <T>(made: T): T => {
    seen.set(value, made);
    return made;
  };
  if (BY_ITSELF.has(value.constructor)) {
    return keep(value instanceof RegExp ? new RegExp(value.source, value.flags) : new Date(Number(value)));
  }
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const View = value.constructor as new (buffer: unknown, offset: number, length?: number) => unknown;
    const length = value instanceof DataView ? value.byteLength : (value as Uint8Array).length;
    return keep(new View(copy(value.buffer, seen), value.byteOffset, length));
  }
  if (value instanceof Map) {
    const made = keep(new Map());
    for (const [key, item] of value) made.set(copy(key, seen), copy(item, seen));
    return made;
  }
  if (value instanceof Set) {
    const made = keep(new Set());
    for (const item of value) made.add(copy(item, seen));
    return made;
  }
  if (value instanceof Error) {
    const { name, message, stack } = value;
    const made = keep(new Error(message));
    for (const [key, text] of Object.entries({ name, stack })) {
      Object.defineProperty(made, key, { value: text, configurable: true, writable: true });
    }
    return made;
  }
  const made: Record<string, unknown> = keep(Array.isArray(value) ? new Array(value.length) : {}) as Record<
    string,
    unknown
  >;
  for (const [key, item] of Object.entries(value)) made[key] = copy(item, seen);
  return made;
}

function uncloneable(what: string): Error {
  return new DOMException(`${what} could not be cloned.`, 'DataCloneError');
}
