import { Refusal } from '../refusal.ts';

/** Decoded query parameters in the order sent, each at most once. */
export type Query = ReadonlyMap<string, string>;

/** Query parameters of S3's multipart requests, with the values that they accept. All others are refused. */
const KNOWN: ReadonlyMap<string, RegExp> = new Map([
  ['uploads', /^$/],
  // S3 does not document the form of an upload id. Visible ASCII includes every id seen so far.
  ['uploadId', /^[\x21-\x7e]{1,1024}$/],
  ['partNumber', /^(?:[1-9]\d{0,3}|10000)$/],
  ['part-number-marker', /^\d{1,9}$/],
  ['max-parts', /^\d{1,9}$/],
]);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal('bad_query', 'The query is not percent-encoded UTF-8.');
  }
}

/** @throws {Refusal} `bad_query` */
export function readQuery(querystring: string): Query {
  const query = new Map<string, string>();
  if (querystring === '') return query;
  for (const pair of querystring.split('&')) {
    const [, rawName = '', rawValue = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
    const name = decode(rawName);
    const pattern = KNOWN.get(name);
    if (pattern === undefined) {
      throw new Refusal('bad_query', `Accepted query parameters: ${[...KNOWN.keys()].join(', ')}.`);
    }
    if (query.has(name)) throw new Refusal('bad_query', `The query parameter “${name}” is sent twice.`);
    const value = decode(rawValue);
    if (!pattern.test(value))
      throw new Refusal('bad_query', `The value of the query parameter “${name}” is not valid.`);
    query.set(name, value);
  }
  return query;
}
