type Done = (error: Error | null, value?: unknown) => void;

/** Returns a result at once, or passes it later to a callback in the last argument. */
export function maybeLater<A extends unknown[]>(sync: (...args: A) => unknown) {
  return (...args: unknown[]): unknown => {
    const done = args.at(-1);
    if (typeof done !== 'function') return sync(...(args as A));
    setImmediate(() => {
      try {
        (done as Done)(null, sync(...(args.slice(0, -1) as A)));
      } catch (error) {
        (done as Done)(error as Error);
      }
    });
    return undefined;
  };
}
