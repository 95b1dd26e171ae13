/**
 * A table that is looked up by texts of others, such as the names of errors and challenges. An object of its own kind
 * would find `constructor` and everything else that all objects have.
 */
export function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, entries);
}
