import {
  AdminGetUserCommand,
  type AttributeType,
  ListUsersCommand,
  ListUsersInGroupCommand,
  type UserType,
} from '@aws-sdk/client-cognito-identity-provider';
import { UserError } from '../../errors.ts';
import { pages } from '../../network/pages.ts';
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

/** A page of a list of users. */
interface Page {
  readonly users: readonly UserType[];
  readonly next: string | undefined;
}

/** The most that Cognito gives at once. */
const MOST_USERS = 60;

type Dated = Pick<
  UserType,
  'Username' | 'UserStatus' | 'Enabled' | 'UserCreateDate' | 'UserLastModifiedDate'
>;

function isDate(date: Date | undefined): date is Date {
  return date !== undefined && !Number.isNaN(date.getTime());
}

/** What the SDK's types promise is checked: something else can answer in Cognito's place. */
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
  return new UserError('aws', 'What answers in place of Cognito describes a user as Cognito does not.', {
    hint: 'Check AWS_ENDPOINT_URL. A proxy or the sign-in page of a network may be in between.',
  });
}

/** The users of a pool, page after page while they are read. */
export async function* listUsers(
  pool: AdministeredPool,
  { prefix = '', group }: Wanted,
): AsyncGenerator<PoolUser> {
  const listed = pages({
    doing: 'Listing the users',
    signal: pool.signal,
    ask: (token?: string) =>
      group === undefined ? pageOfAll(pool, prefix, token) : pageOfGroup(pool, group, token),
    next: ({ next }) => next,
  });
  for await (const { users } of listed) {
    for (const one of users) {
      const user = readUser(one, one.Attributes);
      // Of a group, Cognito filters no further.
      if (user.username.startsWith(prefix)) yield user;
    }
  }
}

async function pageOfAll(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  prefix: string,
  next: string | undefined,
): Promise<Page> {
  const Filter = prefix === '' ? undefined : `username ^= "${prefix.replace(/["\\]/g, '\\$&')}"`;
  const { Users = [], PaginationToken } = await cognito.send(
    new ListUsersCommand({ UserPoolId, Limit: MOST_USERS, Filter, PaginationToken: next }),
  );
  return { users: Users, next: PaginationToken };
}

async function pageOfGroup(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  GroupName: string,
  next: string | undefined,
): Promise<Page> {
  const { Users = [], NextToken } = await cognito.send(
    new ListUsersInGroupCommand({ UserPoolId, GroupName, Limit: MOST_USERS, NextToken: next }),
  );
  return { users: Users, next: NextToken };
}

/** Throws UserNotFoundException, as AWS does. */
export async function getUser(
  { cognito, userPoolId: UserPoolId }: AdministeredPool,
  Username: string,
): Promise<KnownUser> {
  const user = await cognito.send(new AdminGetUserCommand({ UserPoolId, Username }));
  return { ...readUser(user, user.UserAttributes), secondFactors: user.UserMFASettingList ?? [] };
}
