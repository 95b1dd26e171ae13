import { seeded } from './random.ts';

/** Values that parsers are prone to mishandle. */
const ODD = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  'x'.repeat(10_000),
  '\u0000',
  '\ud800',
  '\u202e',
  '../..',
  'http://[',
  [],
  [null],
  [[]],
  {},
  { toString: 1 },
  JSON.parse('{"__proto__":{"polluted":true}}'),
] as const;

function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

/** Returns a copy of a document with one changed value. */
function mutateValue(value: unknown, random: () => number): unknown {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const member = pick(members, random);
  if (member === undefined || random() < 0.15) return pick(ODD, random);
  const [name, old] = member;
  const changed: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as Record<string, unknown>) };
  if (random() < 0.2) Reflect.deleteProperty(changed, name);
  else Reflect.set(changed, name, mutateValue(old, random));
  return changed;
}

/** Returns a text that is truncated, or has a changed character, a removed section, or a repeated end. */
export function mutateText(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const kind = random();
  if (kind < 0.3) return text.slice(0, at);
  if (kind < 0.6)
    return text.slice(0, at) + String.fromCharCode(Math.floor(random() * 0x1_00_00)) + text.slice(at + 1);
  if (kind < 0.8) return text.slice(0, at) + text.slice(Math.floor(random() * (text.length + 1)));
  return text + text.slice(at);
}

/** Yields damaged forms of a JSON text, the same for the same seed: truncated, a changed character, a value of another type. */
export function* mutations(json: string, amount: number, seed = 1): Generator<string> {
  const random = seeded(seed);
  const document: unknown = JSON.parse(json);
  yield* ['', ' ', 'null', '[]', '{}', '"', '\ufeff{}', '{"version":1}', '[null]', '[{}]', '1e999'];
  for (let made = 0; made < amount; made += 1) {
    if (random() < 0.4) yield mutateText(json, random);
    else yield JSON.stringify(mutateValue(document, random)) ?? '';
  }
}
