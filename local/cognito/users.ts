import { AwsError } from '../wire/errors.ts';
import { invalidPassword, userNotFound } from './errors.ts';
import { chosenFactors } from './factors.ts';
import { checkPassword, NO_FAILURES } from './password.ts';
import { passwordPolicyOf } from './resources/pool-properties.ts';
import { makeVerifier } from './srp.ts';
import type { Credential, UserRecord } from './store/model.ts';
import type { UserPool } from './store/pool.ts';

/** Dates in the JSON protocol: seconds since 1970, with milliseconds as the fraction. */
export const epoch = (iso: string): number => Date.parse(iso) / 1_000;

/** @throws AwsError `UserNotFoundException` */
export function getUser(pool: UserPool, name: string): UserRecord {
  const user = pool.findUser(name);
  if (!user) throw userNotFound();
  return user;
}

/** @throws AwsError `AliasExistsException` if another user signs in by the same address */
export function checkAliases(
  pool: UserPool,
  sub: string,
  attributes: Readonly<Record<string, string>>,
): void {
  const { AliasAttributes = [], UsernameAttributes = [] } = pool.record.settings;
  for (const alias of [...AliasAttributes, ...UsernameAttributes]) {
    const value = attributes[alias];
    const counts = alias === 'preferred_username' || UsernameAttributes.some((name) => name === alias);
    if (value === undefined || !(counts || attributes[`${alias}_verified`] === 'true')) continue;
    const holder = pool.findUser(value);
    if (holder && holder.sub !== sub) {
      throw new AwsError('AliasExistsException', `An account with the ${alias} already exists.`);
    }
  }
}

/**
 * Returns what is stored of a new password.
 *
 * @throws AwsError `InvalidPasswordException` if it violates the pool's policy
 */
export function newCredential(pool: UserPool, username: string, password: string, now: Date): Credential {
  checkPassword(passwordPolicyOf(pool.record.settings), password);
  if (password.includes('\0'))
    throw invalidPassword('Password did not conform with policy: invalid character');
  return { ...makeVerifier(pool.account(username), password), set: now.toISOString() };
}

/** Returns the user with a new password, without lockout and reset code. */
export function withPassword(
  { resetCode: _, ...user }: UserRecord,
  status: 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD',
  credential: Credential,
): UserRecord {
  return { ...user, status, credential, failures: NO_FAILURES, modified: credential.set };
}

/** Returns the attributes as name and value pairs, all or those that `only` accepts. */
export function attributeList(user: UserRecord, only: (name: string) => boolean = () => true): object[] {
  const all: [string, string][] = [...Object.entries(user.attributes), ['sub', user.sub]];
  return all.filter(([name]) => only(name)).map(([Name, Value]) => ({ Name, Value }));
}

const dates = (user: UserRecord) => ({
  UserCreateDate: epoch(user.created),
  UserLastModifiedDate: epoch(user.modified),
  Enabled: user.enabled,
  UserStatus: user.status,
});

/** Returns a `UserType`, for lists and AdminCreateUser. */
export const describeUser = (user: UserRecord, only?: (name: string) => boolean): object => ({
  Username: user.username,
  Attributes: attributeList(user, only),
  ...dates(user),
});

export function mfaSettings(user: UserRecord): object {
  const factors = chosenFactors(user);
  if (factors.length === 0) return {};
  const { preferredFactor } = user;
  return {
    UserMFASettingList: [...factors],
    ...(preferredFactor && factors.includes(preferredFactor) ? { PreferredMfaSetting: preferredFactor } : {}),
  };
}

/** Returns the response of AdminGetUser, which has another name for the attributes. */
export const describeUserForAdmin = (user: UserRecord): object => ({
  Username: user.username,
  UserAttributes: attributeList(user),
  ...dates(user),
  ...mfaSettings(user),
});
