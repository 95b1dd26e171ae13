import { randomInt } from 'node:crypto';
import type { AdminCreateUserRequest } from '@aws-sdk/client-cognito-identity-provider';
import { command } from '../../command-line.ts';
import { UserError } from '../../errors.ts';
import { awsErrorName } from '../cognito-errors.ts';
import { type AdministeredPool, type PoolRules, readRules } from './administered-pool.ts';

export interface NewUser {
  /** If absent, the e-mail address, or the part before its @ if the pool uses addresses as aliases. */
  readonly username?: string;
  /** Stored as verified, so that a forgotten password can be reset. */
  readonly email?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface CreatedUser {
  readonly username: string;
  readonly temporaryPassword: string;
}

/** Returns the user name that the pool gives to a new user. */
export function usernameOf({ username, email = '' }: NewUser, { emailIsAlias }: PoolRules): string {
  if (username !== undefined) return username;
  return emailIsAlias ? email.slice(0, email.lastIndexOf('@')) : email;
}

function attributesOf({ attributes, email }: NewUser) {
  const all = { ...attributes, ...(email === undefined ? {} : { email, email_verified: 'true' }) };
  return Object.entries(all).map(([Name, Value]) => ({ Name, Value }));
}

async function create(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  user: NewUser,
  rules: PoolRules,
  delivery: Pick<AdminCreateUserRequest, 'TemporaryPassword' | 'MessageAction' | 'DesiredDeliveryMediums'>,
): Promise<string> {
  const Username = usernameOf(user, rules);
  const UserAttributes = attributesOf(user);
  await cognito.send(new sdk.AdminCreateUserCommand({ UserPoolId, Username, UserAttributes, ...delivery }));
  return Username;
}

/** Creates a user with a temporary password, without a message. Throws the SDK's errors. */
export async function createUser(
  pool: AdministeredPool,
  user: NewUser,
  rules: PoolRules,
): Promise<CreatedUser> {
  const password = temporaryPassword(rules);
  const delivery = { TemporaryPassword: password, MessageAction: 'SUPPRESS' } as const;
  return { username: await create(pool, user, rules, delivery), temporaryPassword: password };
}

/** Creates a user and has Cognito send the temporary password. Returns the user name. */
export function inviteUser(pool: AdministeredPool, user: NewUser, rules: PoolRules): Promise<string> {
  // By default, Cognito sends a text message.
  return create(pool, user, rules, { DesiredDeliveryMediums: ['EMAIL'] });
}

/** Replaces the password of a user with a new temporary one. */
export async function replacePassword(
  { cognito, sdk, userPoolId }: AdministeredPool,
  username: string,
  rules: PoolRules,
): Promise<string> {
  const password = temporaryPassword(rules);
  await cognito.send(
    new sdk.AdminSetUserPasswordCommand({
      UserPoolId: userPoolId,
      Username: username,
      Password: password,
      Permanent: false,
    }),
  );
  return password;
}

/**
 * Creates a user for an immediate sign-in. An existing user who still has a temporary password gets a new one; any other
 * existing user is `exists`.
 */
export async function createForSignIn(pool: AdministeredPool, user: NewUser): Promise<CreatedUser> {
  const rules = await readRules(pool);
  try {
    return await createUser(pool, user, rules);
  } catch (error) {
    if (awsErrorName(error) !== 'UsernameExistsException') throw error;
    const username = usernameOf(user, rules);
    const { UserStatus } = await pool.cognito.send(
      new pool.sdk.AdminGetUserCommand({ UserPoolId: pool.userPoolId, Username: username }),
    );
    if (UserStatus !== 'FORCE_CHANGE_PASSWORD') throw existsAlready(username, UserStatus);
    return { username, temporaryPassword: await replacePassword(pool, username, rules) };
  }
}

function existsAlready(username: string, status = 'an unknown state'): UserError {
  const confirmed = status === 'CONFIRMED';
  return new UserError(
    'exists',
    confirmed
      ? `The user ${username} already exists and has chosen a password.`
      : `The user ${username} already exists (${status}).`,
    { hint: [`Sign in without --create:`, command`edge-upload login --username ${username}`] },
  );
}

/** Characters of each kind, without look-alikes. Cognito counts these symbols. */
const KINDS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '!@#%*-_+=?'];
const LENGTH = 24;

function shuffled(letters: readonly string[]): string {
  const rest = [...letters];
  let text = '';
  while (rest.length > 0) text += rest.splice(randomInt(rest.length), 1)[0];
  return text;
}

/** Returns a password with all four kinds of characters and the pool's minimum length. */
export function temporaryPassword({ minimumLength }: Pick<PoolRules, 'minimumLength'>): string {
  const pick = (letters: string) => letters.charAt(randomInt(letters.length));
  const letters = KINDS.map(pick);
  while (letters.length < Math.max(LENGTH, minimumLength)) letters.push(pick(KINDS.join('')));
  return shuffled(letters);
}
