import type { StackOptions, StackSigning, StackSigningKey } from '../../../infra/options.ts';
import { isAmount, isListOf, isRecord } from '../options/value-checks.ts';

/** Seconds since 1970, to the end of the year 9999. */
const isTime = (value: unknown) => isAmount(value) && Number(value) <= 253_402_300_799;

const isKeyId = (value: unknown) => typeof value === 'string' && /^[1-9]\d{0,5}$/.test(value);
const isKey = (value: unknown) => isRecord(value, { id: isKeyId }, { until: isTime });
const areKeys = (value: unknown) => isListOf(value, isKey);
const isRevoked = (value: unknown) => isRecord(value, { id: isTokenId, until: isTime });
const areRevoked = (value: unknown) => isListOf(value, isRevoked);

/** Whether a value is the id of a link or key: 6 bytes in base64url. */
export function isTokenId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{8}$/.test(value);
}

/** Whether keys are newest first, and only the newest has no end. */
function areInOrder(keys: readonly StackSigningKey[]): boolean {
  return keys.every(({ id, until }, at) => {
    const newer = keys[at - 1];
    return newer === undefined ? until === undefined : until !== undefined && Number(id) < Number(newer.id);
  });
}

/** Whether a stored value is a list of signing keys and of revoked tokens that this version supports completely. */
export function isSigning(value: unknown): value is StackSigning {
  if (!isRecord(value, { keys: areKeys }, { revoked: areRevoked })) return false;
  const { keys, revoked = [] } = value as StackSigning;
  return keys.length > 0 && areInOrder(keys) && new Set(revoked.map(({ id }) => id)).size === revoked.length;
}

/** Whether a deploy with these options creates a signing key. */
export function createsSigningKey(
  { signing: before }: StackOptions,
  { signing: after }: StackOptions,
): boolean {
  return after?.keys.some(({ id }) => !before?.keys.some((key) => key.id === id)) ?? false;
}

/** Returns options with a signing key: unchanged if they have one, otherwise with a first one. */
export function withSigningKey(options: StackOptions): StackOptions {
  return options.signing === undefined ? { ...options, signing: { keys: [{ id: '1' }] } } : options;
}

/**
 * Returns options with a new signing key.
 * @param keepUntil seconds since 1970 when the last token of the present key ends, until which it still verifies; if
 *   absent, all present keys go at once, and every link and key with them
 */
export function rotateSigningKey(options: StackOptions, keepUntil?: number): StackOptions {
  const { keys: [newest, ...older] = [], revoked } = options.signing ?? {};
  if (newest === undefined) return withSigningKey(options);
  const next = { id: String(Number(newest.id) + 1) };
  if (keepUntil === undefined) return { ...options, signing: { keys: [next] } };
  const keys = [next, { id: newest.id, until: keepUntil }, ...older];
  return { ...options, signing: { ...(revoked && { revoked }), keys } };
}

/**
 * Returns options in which a replaced signing key verifies until a later time. Unchanged if it already does, or was removed.
 */
export function keepSigningKey(options: StackOptions, id: string, until: number): StackOptions {
  const { signing } = options;
  if (signing === undefined) return options;
  const keys = signing.keys.map((key) =>
    key.id === id && key.until !== undefined && key.until < until ? { ...key, until } : key,
  );
  return { ...options, signing: { ...signing, keys } };
}

/**
 * Returns options with which the edge refuses a link or key. Unchanged if it is already revoked.
 * @param until seconds since 1970 when the token ends
 */
export function revokeToken(options: StackOptions, id: string, until: number): StackOptions {
  const { signing } = options;
  const { revoked = [] } = signing ?? {};
  if (signing === undefined || revoked.some((one) => one.id === id)) return options;
  return { ...options, signing: { ...signing, revoked: [...revoked, { id, until }] } };
}

/** Seconds for which an ended key or token stays listed, because clocks differ. */
export const MARGIN_SECONDS = 60 * 60;

/** Returns options without signing keys and revoked tokens that have ended. */
export function withoutEnded(options: StackOptions, now: Date): StackOptions {
  const { signing } = options;
  if (signing === undefined) return options;
  const isAlive = ({ until }: { readonly until?: number }) =>
    until === undefined || (until + MARGIN_SECONDS) * 1000 > now.getTime();
  const revoked = (signing.revoked ?? []).filter(isAlive);
  return {
    ...options,
    signing: { keys: signing.keys.filter(isAlive), ...(revoked.length === 0 ? {} : { revoked }) },
  };
}
