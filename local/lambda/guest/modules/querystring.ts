type Values = Record<string, string | string[]>;

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Malformed escapes are kept unchanged, as in Node.
    return text;
  }
}

function encode(text: unknown): string {
  return encodeURIComponent(String(text));
}

export function parse(text: string, separator = '&', equals = '='): Values {
  const values = Object.create(null) as Values;
  for (const pair of String(text).split(separator)) {
    if (pair === '') continue;
    const at = pair.indexOf(equals);
    const [name, value] = (at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + equals.length)]).map(
      (part) => decode(part.replaceAll('+', ' ')),
    ) as [string, string];
    const before = values[name];
    if (before === undefined) values[name] = value;
    else values[name] = [...(Array.isArray(before) ? before : [before]), value];
  }
  return values;
}

export function stringify(values: object, separator = '&', equals = '='): string {
  const plain = (value: unknown) =>
    /^(string|number|bigint|boolean)$/.test(typeof value) ? encode(value) : '';
  return Object.entries(values ?? {})
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((item) => `${encode(name)}${equals}${plain(item)}`),
    )
    .join(separator);
}

export const querystring = {
  decode: parse,
  encode: stringify,
  escape: encode,
  parse,
  stringify,
  unescape: decode,
};
