import { randomBytes } from 'node:crypto';

const POOL_BYTES = 8_192;

let pool = Buffer.alloc(0);

/** Returns random bytes for an id from a pool, because one call of the generator costs as much as a thousand bytes. */
export function randomPiece(bytes: number): Buffer {
  if (pool.length < bytes) pool = randomBytes(Math.max(bytes, POOL_BYTES));
  const piece = pool.subarray(0, bytes);
  pool = pool.subarray(bytes);
  return piece;
}
