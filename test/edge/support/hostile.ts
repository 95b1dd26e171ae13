import { seeded } from '../../support/random.ts';

/** A random generator that is the same for the same seed. */
export function dice(seed: number) {
  const random = seeded(seed);
  const roll = (sides: number) => Math.floor(random() * sides);
  const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T;
  return { roll, pick };
}

export const ODD: readonly unknown[] = [
  ...[
    undefined,
    null,
    true,
    0,
    -1,
    Number.POSITIVE_INFINITY,
    '',
    ' ',
    '/',
    '\u0000',
    '\ud800',
    'x'.repeat(9000),
    [],
    [[]],
    {},
    [{}],
  ],
  ...[{ value: 'x' }, [{ value: 'x' }], [{ key: 1, value: 'x' }], '__proto__', () => 'x', Symbol('x'), 10n],
];

export type Dice = ReturnType<typeof dice>;

/** Returns the event with some nodes replaced, removed or added, at any depth. */
export function mutate(value: unknown, { roll, pick }: Dice): unknown {
  if (roll(14) === 0) return pick(ODD);
  if (Array.isArray(value)) {
    const mutated = value.map((item) => mutate(item, { roll, pick }));
    return roll(10) === 0 ? [...mutated, pick(ODD)] : mutated;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(() => roll(20) > 0)
    .map(([name, member]) => [name, mutate(member, { roll, pick })] as const);
  return Object.fromEntries(
    roll(10) === 0 ? [...entries, [String(pick(ODD.slice(0, 12))), pick(ODD)]] : entries,
  );
}
