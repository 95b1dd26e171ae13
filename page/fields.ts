/** Members of a JSON object of another party; nothing is known of their types. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns the members of an object; none for any other value. */
export function fieldsOf(value: unknown): Fields {
  return (typeof value === 'object' && value !== null ? value : {}) as Fields;
}

/** Returns the object in a JSON text; `undefined` for any other text. */
export function readFields(text: string): Fields | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

/** Returns a text that is not empty; `undefined` for any other value. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Returns a finite number; `undefined` for any other value. */
export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
