import { isJsonObject, type Json } from 'aws-jwt-verify/safe-json-parse';
import type { Claims } from '../../protocol/claims.ts';

/** The parts of a token, not verified yet. */
export interface Jwt {
  readonly header: Claims;
  readonly payload: Claims;
  /** The signed text. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Decodes base64url. RFC 7515 allows one spelling only; a lenient decoder would read bits that no signature covers. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}

function parse(part: string): Claims | undefined {
  const bytes = decode(part);
  const text = bytes?.toString() ?? '';
  // RFC 7519, section 7.2, requires UTF-8. Invalid bytes would all become U+FFFD, which can make two names equal.
  if (bytes === undefined || (text.includes('\ufffd') && !Buffer.from(text).equals(bytes))) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return isJsonObject(value) ? (value as Claims) : undefined;
  } catch {
    // Not JSON, or nested too deep.
    return undefined;
  }
}

/** The last parsed header. Tokens signed by one key share it, so most are parsed once. */
let known: { readonly head: string; readonly header: Claims | undefined } = { head: '', header: undefined };

function parseHeader(head: string): Claims | undefined {
  if (head !== known.head) known = { head, header: parse(head) };
  return known.header;
}

/** Returns the parts of a JWT in compact form; `undefined` for anything else. */
export function decompose(token: string): Jwt | undefined {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (second < 0) return undefined;
  const header = parseHeader(token.slice(0, first));
  const payload = header && parse(token.slice(first + 1, second));
  // A third dot falls into the signature, which is then not base64url.
  const signature = payload && decode(token.slice(second + 1));
  return signature && { header, payload, signed: token.slice(0, second), signature };
}
