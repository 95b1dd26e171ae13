import { createHmac, randomInt } from 'node:crypto';

/** RFC 6238 as authenticator apps have it: SHA-1, six digits, 30 seconds. */
const STEP_SECONDS = 30;
/** Steps before and after ours whose codes are taken, for clocks that are off. */
const WINDOW = 1;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const SECRET_LETTERS = 52;

/** A shared secret, base32, as long as Cognito's. */
export function newSecret(): string {
  return Array.from({ length: SECRET_LETTERS }, () => BASE32.charAt(randomInt(BASE32.length))).join('');
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export const stepAt = (now: Date) => Math.floor(now.getTime() / 1_000 / STEP_SECONDS);

/** The step whose code this is, later than `after`; `undefined` where there is none near `now`. */
export function matchingStep(secret: string, code: string, now: Date, after: number): number | undefined {
  const current = stepAt(now);
  for (let step = current - WINDOW; step <= current + WINDOW; step += 1) {
    if (step > after && codeAt(secret, step) === code) return step;
  }
  return undefined;
}
