import { timingSafeEqual } from 'node:crypto';

/** Compares secrets in a time that depends on their lengths alone. */
export function equal(one: string | Buffer, other: string | Buffer): boolean {
  const [left, right] = [Buffer.from(one as string), Buffer.from(other as string)];
  return left.length === right.length && timingSafeEqual(left, right);
}
