/** Maximum number of warnings that are remembered, so that they are not repeated. */
const MAX_WARNED = 10_000;

/**
 * Returns a function that prints each warning once. It prints at most 10,000, so that its memory is bounded.
 * @param key identifies a warning whose text can change
 */
export function warnOnce(warn: (text: string) => void): (text: string, key?: string) => void {
  const warned = new Set<string>();
  return (text, key = text) => {
    if (warned.size >= MAX_WARNED || warned.has(key)) return;
    warned.add(key);
    warn(text);
  };
}
