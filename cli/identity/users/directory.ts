import type { AttributeType, UserType } from '@aws-sdk/client-cognito-identity-provider';
import { UserError } from '../../errors.ts';
import { rawPages } from '../../stack/aws-calls.ts';
import type { AdministeredPool } from './administered-pool.ts';

/** A user in a list. */
export interface PoolUser {
  readonly username: string;
  /** Cognito's status: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html */
  readonly status: string;
  readonly enabled: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly created?: Date;
  readonly changed?: Date;
}

/** A user with the details that only AdminGetUser returns. */
export interface KnownUser extends PoolUser {
  /** Such as `SOFTWARE_TOKEN_MFA`. */
  readonly secondFactors: readonly string[];
}

export interface Wanted {
  /** Only users whose names start with this. */
  readonly prefix?: string;
  /** Only members of this group. */
  readonly group?: string;
}

interface Page {
  readonly users: readonly UserType[];
  readonly next: string | undefined;
}

/** Cognito's maximum for a page. */
const MOST_USERS = 60;

type Dated = Pick<
  UserType,
  'Username' | 'UserStatus' | 'Enabled' | 'UserCreateDate' | 'UserLastModifiedDate'
>;

function isDate(date: Date | undefined): date is Date {
  return date !== undefined && !Number.isNaN(date.getTime());
}

/** Checks the fields at run time: a proxy can respond instead of Cognito. */
function readUser(user: Dated, attributes: readonly AttributeType[] = []): PoolUser {
  const { Username, UserStatus = 'UNKNOWN', Enabled = true } = user;
  if (typeof Username !== 'string' || Username === '' || !Array.isArray(attributes)) throw notOfCognito();
  const { UserCreateDate, UserLastModifiedDate } = user;
  const pairs = attributes.map((one: AttributeType | null) => {
    const { Name, Value = '' } = one ?? {};
    if (typeof Name !== 'string' || typeof Value !== 'string') throw notOfCognito();
    return [Name, Value];
  });
  return {
    username: Username,
    status: String(UserStatus),
    enabled: Enabled,
    attributes: Object.fromEntries(pairs),
    ...(isDate(UserCreateDate) && { created: UserCreateDate }),
    ...(isDate(UserLastModifiedDate) && { changed: UserLastModifiedDate }),
  };
}

function notOfCognito(): UserError {
  return new UserError('aws', 'Unexpected response in place of Cognito: it does not describe a user.', {
    hint: 'Check AWS_ENDPOINT_URL. A proxy or the sign-in page of a network may be in between.',
  });
}

/** Yields the users of a pool, reading page after page. */
export async function* listUsers(
  pool: AdministeredPool,
  { prefix = '', group }: Wanted,
): AsyncGenerator<PoolUser> {
  const listed = rawPages({
    doing: 'Listing the users',
    signal: pool.signal,
    ask: (token?: string) =>
      group === undefined ? pageOfAll(pool, prefix, token) : pageOfGroup(pool, group, token),
    next: ({ next }) => next,
  });
  for await (const { users } of listed) {
    for (const one of users) {
      const user = readUser(one, one.Attributes);
      // Cognito cannot filter the members of a group.
      if (user.username.startsWith(prefix)) yield user;
    }
  }
}

async function pageOfAll(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  prefix: string,
  next: string | undefined,
): Promise<Page> {
  const Filter = prefix === '' ? undefined : `username ^= "${prefix.replace(/["\\]/g, '\\$&')}"`;
  const { Users = [], PaginationToken } = await cognito.send(
    new sdk.ListUsersCommand({ UserPoolId, Limit: MOST_USERS, Filter, PaginationToken: next }),
  );
  return { users: Users, next: PaginationToken };
}

async function pageOfGroup(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  GroupName: string,
  next: string | undefined,
): Promise<Page> {
  const { Users = [], NextToken } = await cognito.send(
    new sdk.ListUsersInGroupCommand({ UserPoolId, GroupName, Limit: MOST_USERS, NextToken: next }),
  );
  return { users: Users, next: NextToken };
}

/** Returns a user. Throws UserNotFoundException if there is none. */
export async function getUser(
  { cognito, sdk, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
): Promise<KnownUser> {
  const user = await cognito.send(new sdk.AdminGetUserCommand({ UserPoolId, Username }));
  return { ...readUser(user, user.UserAttributes), secondFactors: user.UserMFASettingList ?? [] };
}
