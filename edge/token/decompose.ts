import { isJsonObject, type Json } from 'aws-jwt-verify/safe-json-parse';
import type { Claims } from '../../protocol/claims.ts';

/** A token taken apart, not yet verified. */
export interface Jwt {
  readonly header: Claims;
  readonly payload: Claims;
  /** The text that is signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** RFC 7515 allows one spelling only; a lenient decoder would read bits that no signature covers. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined;
}

function parse(part: string): Claims | undefined {
  const bytes = decode(part);
  try {
    const value = JSON.parse(bytes?.toString() ?? '') as Json;
    return isJsonObject(value) ? (value as Claims) : undefined;
  } catch {
    // Not JSON, or nested too deep.
    return undefined;
  }
}

/** Takes a JWT in compact form apart; `undefined` for anything else. */
export function decompose(token: string): Jwt | undefined {
  const [head = '', body = '', end = '', ...more] = token.split('.', 4);
  if (end === '' || more.length > 0) return undefined;
  const header = parse(head);
  const payload = header && parse(body);
  const signature = payload && decode(end);
  return signature && { header, payload, signed: token.slice(0, -end.length - 1), signature };
}
