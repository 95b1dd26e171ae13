import { createHash, createHmac, getDiffieHellman, hkdfSync, randomBytes } from 'node:crypto';

/*
 * Client side of SRP-6a as Cognito implements it: RFC 5054 with the 3072-bit group (the prime of RFC 3526's group 15,
 * g = 2) and SHA-256, but numbers are padded like signed big-endian integers instead of to the length of N, and the key
 * comes from HKDF with the info "Caldera Derived Key". The password is never sent.
 */
const N = toNumber(getDiffieHellman('modp15').getPrime('hex'));
const g = 2n;
const k = hashToNumber(padded(N), padded(g));

/** RFC 5054, section 3.1: the secret exponent has at least 256 bits. */
const EXPONENT_BYTES = 32;
const KEY_BYTES = 16;

/** User whose password is proved. */
interface SrpAccount {
  /** Such as `us-east-1_AbCdEf123`; the part after the underscore goes into the proof. */
  readonly userPoolId: string;
  /** `USER_ID_FOR_SRP` of the challenge, which may be another name than was typed. */
  readonly userId: string;
  readonly password: string;
}

/** Parameters of a PASSWORD_VERIFIER challenge, encoded as received. */
interface SrpChallenge {
  /** Hex. */
  readonly salt: string;
  /** Hex. */
  readonly publicValue: string;
  /** Base64. */
  readonly secretBlock: string;
}

/** One SRP exchange with its own secret exponent. */
export interface SrpClient {
  /** `SRP_A`, hex. */
  readonly publicValue: string;
  /**
   * PASSWORD_CLAIM_SIGNATURE, base64.
   * @throws {RangeError} if the protocol does not allow the server's numbers
   */
  sign(account: SrpAccount, challenge: SrpChallenge, timestamp: string): string;
}

function toNumber(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function hashToNumber(...parts: readonly Buffer[]): bigint {
  return toNumber(sha256(...parts).toString('hex'));
}

/** Returns big-endian bytes, with a leading zero byte if the first bit is set. */
function padded(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}

/**
 * `base ** exponent mod N`. Not by node:crypto's DiffieHellman, which would be faster: since OpenSSL 3.5 it spends two
 * seconds on checking the group, and refuses bases outside the group of g, which a wrong password produces.
 * An exponent of 512 bits takes about 20 ms here.
 */
function power(base: bigint, exponent: bigint): bigint {
  const factor = base % N;
  let result = 1n;
  // Start at the highest bit: the factor is then the base itself, which is usually the small g.
  for (const bit of exponent.toString(2)) {
    result = (result * result) % N;
    if (bit === '1') result = (result * factor) % N;
  }
  return result;
}

function readNumber(hex: string): bigint {
  if (!/^[0-9a-fA-F]{1,1024}$/.test(hex))
    throw new RangeError('A number of the challenge is not hexadecimal.');
  return toNumber(hex);
}

/** @param secret the secret exponent, big-endian; random by default, set by tests */
export function startSrp(secret: Buffer = randomBytes(EXPONENT_BYTES)): SrpClient {
  const a = toNumber(secret.toString('hex'));
  const A = power(g, a);
  return {
    publicValue: A.toString(16),
    sign({ userPoolId, userId, password }, challenge, timestamp) {
      const B = readNumber(challenge.publicValue);
      const u = hashToNumber(padded(A), padded(B));
      // RFC 5054, sections 2.5.3 and 2.6 require these checks: such values make the key predictable.
      if (B % N === 0n || u === 0n) throw new RangeError('The public value of the challenge is not allowed.');
      const poolName = userPoolId.slice(userPoolId.indexOf('_') + 1);
      const identity = sha256(Buffer.from(`${poolName}${userId}:${password}`));
      const x = hashToNumber(padded(readNumber(challenge.salt)), identity);
      const base = (((B - k * power(g, x)) % N) + N) % N;
      const S = power(base, a + u * x);
      const key = hkdfSync('sha256', padded(S), padded(u), 'Caldera Derived Key', KEY_BYTES);
      return createHmac('sha256', Buffer.from(key))
        .update(`${poolName}${userId}`)
        .update(Buffer.from(challenge.secretBlock, 'base64'))
        .update(timestamp)
        .digest('base64');
    },
  };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * The TIMESTAMP of a password claim: `EEE MMM d HH:mm:ss z yyyy`, in UTC and always in English,
 * the day without a leading zero. The text is part of the signature, so every character must match.
 */
export function claimTimestamp(date: Date): string {
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  return `${day} ${date.toISOString().slice(11, 19)} UTC ${date.getUTCFullYear()}`;
}
