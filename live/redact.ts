/** Patterns of texts that no result must contain, even if a server or program printed them. */
const SHAPES: readonly (readonly [shape: RegExp, instead: string])[] = [
  [/eu[lk]_[\w-]+\.[\w-]+\.[\w-]+/g, '<link or key>'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]*(?:\.[\w-]*)*/g, '<token>'],
  [/((?:authorization|cookie)["']?\s*[:=]\s*["']?)[^"'\r\n]+/gi, '$1<value>'],
  [
    /((?:password|passwd|secret|token|signature|credential)[\w-]*["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
    '$1<value>',
  ],
  [/\bBearer\s+[\w.~+/-]+=*/g, 'Bearer <value>'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '<access key>'],
  [/arn:aws[\w-]*:[^\s"',)]+/g, '<ARN>'],
  [/\b\d{12}\b/g, '<account>'],
  // Session tokens and providers' refresh tokens can only be recognised by their length.
  [/[\w+/=-]{100,}/g, '<long value>'],
  // Secret access keys: 40 characters of base64.
  [/(?<![\w+/=-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g, '<secret key>'],
];

export type Redact = (text: string) => string;

/**
 * Returns a function that replaces secrets and account names in a text.
 * @param known Values by description. Values shorter than 6 characters are too common to be replaced.
 */
export function createRedactor(known: Readonly<Record<string, string | undefined>>): Redact {
  const values = Object.entries(known)
    .flatMap(([what, value]) => (value !== undefined && value.length >= 6 ? [[what, value] as const] : []))
    // Longest first, because a value can contain a shorter one.
    .sort(([, one], [, other]) => other.length - one.length);
  return (text) => {
    let redacted = text;
    for (const [what, value] of values) redacted = redacted.replaceAll(value, `<${what}>`);
    for (const [shape, instead] of SHAPES) redacted = redacted.replace(shape, instead);
    return redacted;
  };
}
