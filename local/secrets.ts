import { randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Compares secrets in a time that depends on their lengths alone. */
export function equal(one: string | Buffer, other: string | Buffer): boolean {
  const [left, right] = [Buffer.from(one as string), Buffer.from(other as string)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export const DIGITS = '0123456789';
export const LOWER_CASE_AND_DIGITS = `abcdefghijklmnopqrstuvwxyz${DIGITS}`;

/** Returns random characters out of `letters`, for secrets, codes and generated names. */
export function randomText(letters: string, length: number): string {
  return Array.from({ length }, () => letters.charAt(randomInt(letters.length))).join('');
}

const POOL_BYTES = 8_192;

let pool = Buffer.alloc(0);

/** Returns random bytes for an id from a pool, because one call of the generator costs as much as a thousand bytes. */
export function randomPiece(bytes: number): Buffer {
  if (pool.length < bytes) pool = randomBytes(Math.max(bytes, POOL_BYTES));
  const piece = pool.subarray(0, bytes);
  pool = pool.subarray(bytes);
  return piece;
}
