/*
 * Client side of SRP-6a as Cognito implements it: RFC 5054 with the 3072-bit group (the prime of RFC 3526's group 15, g
 * = 2) and SHA-256. Unlike in RFC 5054, numbers are padded like signed big-endian integers, not to the length of N, and
 * the key comes from HKDF with the info "Caldera Derived Key". The password is never sent. Uses Web Crypto, which
 * browsers and Node have.
 */
const N = BigInt(
  `0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879\
8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b\
0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da4836\
1c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804\
f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6\
955817183995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64\
ecfb850458dbef0a8aea71575d060c7db3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d226\
1ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200cbbe117577a615d6c770988c0bad946e2\
08e24fa074e5ab3143db5bfce0fd108e4b82d120a93ad2caffffffffffffffff`,
);
const g = 2n;

/** RFC 5054, section 3.1, requires at least 256 bits for the secret exponent. */
const EXPONENT_BYTES = 32;
const KEY_BYTES = 16;

/** The user who proves a password. */
interface SrpAccount {
  /** For example `us-east-1_AbCdEf123`. The part after the underscore is part of the proof. */
  readonly userPoolId: string;
  /** `USER_ID_FOR_SRP` of the challenge. It can differ from the name that was typed. */
  readonly userId: string;
  readonly password: string;
}

/** Parameters of a PASSWORD_VERIFIER challenge, as received. */
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
   * Returns `PASSWORD_CLAIM_SIGNATURE`, base64.
   * @throws {RangeError} if the server's values are not allowed
   */
  sign(account: SrpAccount, challenge: SrpChallenge, timestamp: string): Promise<string>;
}

function toNumber(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

type Bytes = Uint8Array<ArrayBuffer>;

const textBytes = (text: string) => new TextEncoder().encode(text) as Bytes;

function joined(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function sha256(...parts: readonly Bytes[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
}

function hexOf(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function hashToNumber(...parts: readonly Bytes[]): Promise<bigint> {
  return toNumber(hexOf(await sha256(...parts)));
}

/** Returns big-endian bytes. Adds a zero byte in front if the first bit is set. */
function padded(value: bigint): Bytes {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const signed = /^[89a-f]/.test(even) ? `00${even}` : even;
  return Uint8Array.from(signed.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Decodes base64. Checks the text first, because `atob` throws a DOMException. */
function fromBase64(text: string): Bytes {
  if (!/^[\w+/]+={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw new RangeError('The secret block of the challenge is not base64.');
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
}

const toBase64 = (bytes: Bytes): string => btoa(String.fromCharCode(...bytes));

async function sessionKey(S: bigint, u: bigint): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', padded(S), 'HKDF', false, ['deriveBits']);
  const info = textBytes('Caldera Derived Key');
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: padded(u), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * KEY_BYTES));
}

async function hmac(secret: Bytes, message: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, message));
}

/**
 * Returns `base ** exponent mod N`. Browsers have no function for it. In Node, DiffieHellman spends two seconds on
 * checking the group since OpenSSL 3.5, and refuses bases outside the group of g, which a wrong password produces. A
 * 512-bit exponent takes about 20 ms in Node.
 */
function power(base: bigint, exponent: bigint): bigint {
  const factor = base % N;
  let result = 1n;
  // Starts at the highest bit, so that the factor is the base itself, which is usually the small g.
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

const randomSecret = () => crypto.getRandomValues(new Uint8Array(EXPONENT_BYTES));

/**
 * Starts an exchange.
 * @param secret The secret exponent, big-endian. Random by default; tests set it.
 */
export function startSrp(secret: Uint8Array = randomSecret()): SrpClient {
  const a = toNumber(hexOf(Uint8Array.from(secret)));
  const A = power(g, a);
  return {
    publicValue: A.toString(16),
    async sign({ userPoolId, userId, password }, challenge, timestamp) {
      const B = readNumber(challenge.publicValue);
      const salt = readNumber(challenge.salt);
      const u = await hashToNumber(padded(A), padded(B));
      // Checks that RFC 5054, sections 2.5.3 and 2.6, require: these values make the key predictable.
      if (B % N === 0n || u === 0n) throw new RangeError('The public value of the challenge is not allowed.');
      const k = await hashToNumber(padded(N), padded(g));
      const poolName = userPoolId.slice(userPoolId.indexOf('_') + 1);
      const identity = await sha256(textBytes(`${poolName}${userId}:${password}`));
      const x = await hashToNumber(padded(salt), identity);
      const base = (((B - k * power(g, x)) % N) + N) % N;
      const key = await sessionKey(power(base, a + u * x), u);
      const block = fromBase64(challenge.secretBlock);
      const message = joined(textBytes(`${poolName}${userId}`), block, textBytes(timestamp));
      return toBase64(await hmac(key, message));
    },
  };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Returns the TIMESTAMP of a password claim: `EEE MMM d HH:mm:ss z yyyy` in UTC, in English, without a leading zero in
 * the day. It is part of the signature, so every character counts.
 */
export function claimTimestamp(date: Date): string {
  const day = `${DAYS[date.getUTCDay()]} ${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  return `${day} ${date.toISOString().slice(11, 19)} UTC ${date.getUTCFullYear()}`;
}
