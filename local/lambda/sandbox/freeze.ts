/**
 * Freezes the language's objects of this realm: all that are reachable from the given globals through prototypes,
 * constructors and members. If the function's code reached one, it could not change it to trap Node's code.
 */
export function freezeIntrinsics(names: readonly string[]): void {
  const globals = globalThis as unknown as Readonly<Record<string, unknown>>;
  for (const inherited of [Object, Error, RangeError, TypeError, SyntaxError]) letOwn(inherited.prototype);
  const hidden = [
    async () => {},
    function* () {},
    async function* () {},
    [][Symbol.iterator](),
    new Map().keys(),
  ];
  const waiting: unknown[] = [...names.map((name) => globals[name]), ...hidden.map(Object.getPrototypeOf)];
  waiting.push(
    Object.getPrototypeOf(Int8Array),
    new Set().values(),
    ''[Symbol.iterator](),
    /./[Symbol.matchAll](''),
  );
  const seen = new Set<unknown>([globalThis]);
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.add(value);
    waiting.push(Object.getPrototypeOf(value));
    for (const { get, set, value: member } of Object.values(Object.getOwnPropertyDescriptors(value))) {
      waiting.push(get, set, member);
    }
    Object.freeze(value);
  }
}

/**
 * Lets assignment to an inherited member create an own one, which a frozen member would prevent. Node's code names its
 * errors this way.
 */
function letOwn(prototype: object): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    const { value } = descriptor;
    if (!('value' in descriptor) || descriptor.configurable !== true) continue;
    Object.defineProperty(prototype, name, {
      get: () => value,
      set(this: object, own: unknown) {
        Object.defineProperty(this, name, {
          value: own,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      },
      enumerable: false,
      configurable: true,
    });
  }
}
