/** Returns the code of an error in S3's XML or the edge's JSON. */
export function errorCode(body: string): string | null {
  return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? /"error":\s*"(\w+)"/.exec(body)?.[1] ?? null;
}

/** Returns the text of an element in S3's XML. */
export function elementText(body: string, name: string): string | null {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? null;
}
