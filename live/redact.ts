/** What no result may hold, whatever a server or a program said. */
const SHAPES: readonly (readonly [what: string, shape: RegExp])[] = [
  ['link or key', /eu[lk]_[\w-]+\.[\w-]+\.[\w-]+/g],
  ['token', /eyJ[\w-]+\.[\w-]+\.[\w-]*(?:\.[\w-]*)*/g],
  ['access key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g],
  ['ARN', /arn:aws[\w-]*:[^\s"',)]+/g],
  ['account', /\b\d{12}\b/g],
];

export type Redact = (text: string) => string;

/**
 * Returns what replaces secrets and names of the account in a text.
 * @param known values by what they are; those of fewer than 6 characters are too common to be replaced
 */
export function createRedactor(known: Readonly<Record<string, string | undefined>>): Redact {
  const values = Object.entries(known)
    .flatMap(([what, value]) => (value !== undefined && value.length >= 6 ? [[what, value] as const] : []))
    // A longer value may contain a shorter one.
    .sort(([, one], [, other]) => other.length - one.length);
  return (text) => {
    let redacted = text;
    for (const [what, value] of values) redacted = redacted.replaceAll(value, `<${what}>`);
    for (const [what, shape] of SHAPES) redacted = redacted.replace(shape, `<${what}>`);
    return redacted;
  };
}
