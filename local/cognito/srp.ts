import { createHash, createHmac, getDiffieHellman, hkdfSync, randomBytes } from 'node:crypto';
import { equal } from '../secrets.ts';

/*
 * The server's half of SRP-6a (RFC 5054, the 3072-bit group, which is RFC 3526's group 15, g = 2) with Cognito's own
 * conventions: SHA-256, numbers padded like signed big-endian integers, the key derived by HKDF with the info
 * "Caldera Derived Key".
 */
const N = toNumber(getDiffieHellman('modp15').getPrime('hex'));
const g = 2n;
const k = toNumber(sha256(Buffer.concat([padded(N), padded(g)])).toString('hex'));

/** Bytes of the server's secret exponent; 256 bits match the strength of the group. */
const EXPONENT_BYTES = 32;
const KEY_BYTES = 16;
const SALT_BYTES = 16;

function toNumber(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}

/** Big-endian bytes with a leading zero byte where the top bit is set. */
function padded(value: bigint): Buffer {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}

function power(base: bigint, exponent: bigint): bigint {
  const factor = base % N;
  let result = 1n;
  // From the top bit: each step multiplies by the base, which is mostly the small g, not by a growing power of it.
  for (const bit of exponent.toString(2)) {
    result = (result * result) % N;
    if (bit === '1') result = (result * factor) % N;
  }
  return result;
}

/** The names that a password's hash covers. The pool's name is the part of its id after the underscore. */
export interface Account {
  readonly poolName: string;
  readonly username: string;
}

export interface Verifier {
  readonly salt: string;
  readonly verifier: string;
}

export const poolNameOf = (poolId: string) => poolId.slice(poolId.indexOf('_') + 1);

function verifierFor(account: Account, password: string, salt: string): string {
  const identity = sha256(Buffer.from(`${account.poolName}${account.username}:${password}`));
  const x = toNumber(sha256(Buffer.concat([padded(toNumber(salt)), identity])).toString('hex'));
  return power(g, x).toString(16);
}

/** Returns what is stored instead of a password. */
export function makeVerifier(account: Account, password: string): Verifier {
  const salt = randomBytes(SALT_BYTES).toString('hex');
  return { salt, verifier: verifierFor(account, password, salt) };
}

/** Checks a plain password against its verifier in constant time. */
export function passwordMatches(account: Account, password: string, known: Verifier): boolean {
  return equal(verifierFor(account, password, known.salt), known.verifier);
}

/** Returns the verifier of a user who does not exist: always the same salt, and no matching password. */
export function fakeVerifier(pepper: string, username: string): Verifier {
  const derive = (what: string) =>
    createHmac('sha256', Buffer.from(pepper, 'hex')).update(`${what}:${username}`).digest('hex');
  const salt = derive('salt').slice(0, 2 * SALT_BYTES);
  return { salt, verifier: power(g, toNumber(derive('verifier'))).toString(16) };
}

/** Parses the client's public value `A`; `undefined` for a value that the protocol forbids (A mod N = 0). */
export function readPublicValue(hex: string): string | undefined {
  if (!/^[0-9a-fA-F]{1,768}$/.test(hex)) return undefined;
  const value = toNumber(hex);
  return value % N === 0n ? undefined : value.toString(16);
}

export interface ServerValues {
  /** The secret exponent `b`, hex. */
  readonly secret: string;
  /** The public value `B`, hex. */
  readonly publicValue: string;
}

export function serverValues({ verifier }: Verifier): ServerValues {
  const secret = randomBytes(EXPONENT_BYTES).toString('hex');
  const b = toNumber(secret);
  return { secret, publicValue: ((k * toNumber(verifier) + power(g, b)) % N).toString(16) };
}

export interface Exchange {
  readonly account: Account;
  readonly verifier: Verifier;
  readonly server: ServerValues;
  /** `A`, hex, from `readPublicValue`. */
  readonly clientValue: string;
}

export interface PasswordProof {
  readonly secretBlock: Buffer;
  readonly timestamp: string;
  /** Base64. */
  readonly signature: string;
}

/** Whether a claim's signature proves that the client knows the password. */
export function claimHolds(
  { account, verifier, server, clientValue }: Exchange,
  claim: PasswordProof,
): boolean {
  const A = toNumber(clientValue);
  const u = toNumber(
    sha256(Buffer.concat([padded(A), padded(toNumber(server.publicValue))])).toString('hex'),
  );
  if (u === 0n) return false;
  const S = power(A * power(toNumber(verifier.verifier), u), toNumber(server.secret));
  const key = hkdfSync('sha256', padded(S), padded(u), 'Caldera Derived Key', KEY_BYTES);
  const signature = createHmac('sha256', Buffer.from(key))
    .update(`${account.poolName}${account.username}`)
    .update(claim.secretBlock)
    .update(claim.timestamp)
    .digest();
  return equal(signature, Buffer.from(claim.signature, 'base64'));
}
