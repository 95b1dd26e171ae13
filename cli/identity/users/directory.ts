import {
  AdminGetUserCommand,
  type AttributeType,
  ListUsersCommand,
  type ListUsersCommandOutput,
  ListUsersInGroupCommand,
  type ListUsersInGroupCommandOutput,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import type { AdministeredPool } from './administered-pool.ts';

/** One user as an operator sees them. */
export interface PoolUser {
  readonly username: string;
  /** Cognito's own word: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html */
  readonly status: string;
  readonly enabled: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  readonly created?: Date;
  readonly changed?: Date;
}

/** The same, with what only a look at this one user tells. */
export interface KnownUser extends PoolUser {
  /** Such as `SOFTWARE_TOKEN_MFA`. */
  readonly secondFactors: readonly string[];
}

export interface Wanted {
  /** Users whose names begin with this. */
  readonly prefix?: string;
  /** Members of this group. */
  readonly group?: string;
}

/** The most that Cognito gives at once. */
const PAGE = 60;

type Dated = Pick<
  UserType,
  'Username' | 'UserStatus' | 'Enabled' | 'UserCreateDate' | 'UserLastModifiedDate'
>;

function readUser(user: Dated, attributes: readonly AttributeType[] = []): PoolUser {
  const { Username = '', UserStatus = 'UNKNOWN', Enabled = true } = user;
  const { UserCreateDate, UserLastModifiedDate } = user;
  return {
    username: Username,
    status: UserStatus,
    enabled: Enabled,
    attributes: Object.fromEntries(attributes.map(({ Name = '', Value = '' }) => [Name, Value])),
    ...(UserCreateDate && { created: UserCreateDate }),
    ...(UserLastModifiedDate && { changed: UserLastModifiedDate }),
  };
}

/** The users of a pool, page after page while they are read. */
export async function* listUsers(
  pool: AdministeredPool,
  { prefix = '', group }: Wanted,
): AsyncGenerator<PoolUser> {
  const pages = group === undefined ? pagesOfAll(pool, prefix) : pagesOfGroup(pool, group);
  for await (const users of pages) {
    for (const user of users.map((one) => readUser(one, one.Attributes))) {
      // Of a group, Cognito filters no further.
      if (user.username.startsWith(prefix)) yield user;
    }
  }
}

async function* pagesOfAll({ cognito, userPoolId: UserPoolId }: AdministeredPool, prefix: string) {
  const Filter = prefix === '' ? undefined : `username ^= "${prefix.replace(/["\\]/g, '\\$&')}"`;
  let PaginationToken: string | undefined;
  do {
    const page: ListUsersCommandOutput = await cognito.send(
      new ListUsersCommand({ UserPoolId, Limit: PAGE, Filter, PaginationToken }),
    );
    yield page.Users ?? [];
    PaginationToken = page.PaginationToken;
  } while (PaginationToken !== undefined);
}

async function* pagesOfGroup({ cognito, userPoolId: UserPoolId }: AdministeredPool, GroupName: string) {
  let NextToken: string | undefined;
  do {
    const page: ListUsersInGroupCommandOutput = await cognito.send(
      new ListUsersInGroupCommand({ UserPoolId, GroupName, Limit: PAGE, NextToken }),
    );
    yield page.Users ?? [];
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
}

/** Throws UserNotFoundException, as AWS does. */
export async function getUser(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
): Promise<KnownUser> {
  const user = await cognito.send(new AdminGetUserCommand({ UserPoolId, Username }));
  return { ...readUser(user, user.UserAttributes), secondFactors: user.UserMFASettingList ?? [] };
}
