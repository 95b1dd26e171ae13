import { table } from '../../../protocol/fields.ts';
import type { Context, Result } from '../../context.ts';
import { factorTitle } from '../../identity/second-factors.ts';
import {
  getUser,
  type KnownUser,
  listUsers,
  type PoolUser,
  type Wanted,
} from '../../identity/users/directory.ts';
import { groupsOf } from '../../identity/users/groups.ts';
import type { JsonValue } from '../../json-value.ts';
import { count, formatMinute } from '../../ui/format.ts';
import { type TextLine, visible } from '../../ui/shown.ts';
import { fields } from '../../ui/table-lines.ts';
import type { OperatorArgs } from '../operator.ts';
import { withPool } from './pool.ts';

const STATES = table<string>({
  CONFIRMED: 'active',
  FORCE_CHANGE_PASSWORD: 'invited',
  RESET_REQUIRED: 'reset',
});

/** Returns a user's state in one word: by default Cognito's status in lower case. */
function stateOf({ enabled, status }: Pick<PoolUser, 'enabled' | 'status'>): string {
  return enabled ? (STATES[status] ?? status.toLowerCase()) : 'disabled';
}

const MEANINGS = table<string>({
  active: 'active',
  invited: 'invited: has a temporary password, and chooses one at the first sign-in',
  reset: 'must choose a new password, with a code that was sent',
  disabled: 'disabled: cannot sign in',
});

function meaningOf(user: Pick<PoolUser, 'enabled' | 'status'>): string {
  const state = stateOf(user);
  return MEANINGS[state] ?? state;
}

export interface UserListArgs extends OperatorArgs, Wanted {}

/** Lists users. Text is printed as pages arrive; JSON is one document. */
export async function list(context: Context, args: UserListArgs): Promise<Result> {
  return withPool(context, args, 'Listing the users', async (pool) => {
    const users: JsonValue[] = [];
    let found = 0;
    for await (const user of listUsers(pool, args)) {
      found += 1;
      if (context.options.json) users.push(described(user));
      else {
        if (found === 1) row(context, { style: 'bold', text: HEADER });
        row(context, line(user));
      }
    }
    context.ui.event({ type: 'note', text: `${count(found, 'user')} in ${pool.userPoolId}` });
    return { document: { userPoolId: pool.userPoolId, users } };
  });
}

const row = (context: Context, text: TextLine) => context.ui.event({ type: 'row', text, document: {} });

const HEADER = `${'Created'.padEnd(10)}  ${'State'.padEnd(9)} ${'User'.padEnd(24)}  E-mail`;

function line(user: PoolUser): string {
  const { username, attributes, created } = user;
  const email = attributes.email === username ? '' : (attributes.email ?? '');
  const day = created?.toISOString().slice(0, 10) ?? ''.padEnd(10);
  return `${day}  ${stateOf(user).padEnd(9)} ${visible(username).padEnd(24)}  ${email}`.trimEnd();
}

function described({ username, status, enabled, attributes, created, changed }: PoolUser): JsonValue {
  return {
    username,
    status,
    enabled,
    email: attributes.email,
    created: created?.toISOString(),
    changed: changed?.toISOString(),
  };
}

export interface UserArgs extends OperatorArgs {
  readonly username: string;
}

/** Prints everything that the pool stores about a user. */
export async function show(context: Context, { username, ...args }: UserArgs): Promise<Result> {
  return withPool(context, args, `Looking up the user ${username}`, async (pool) => {
    const user = await getUser(pool, username);
    const groups = await groupsOf(pool, user.username);
    const { status, enabled, attributes, secondFactors } = user;
    return {
      document: {
        username: user.username,
        status,
        enabled,
        groups,
        secondFactors: [...secondFactors],
        attributes: { ...attributes },
        created: user.created?.toISOString(),
        changed: user.changed?.toISOString(),
        userPoolId: pool.userPoolId,
      },
      text: fields(rows(user, groups)),
    };
  });
}

const minute = (date: Date | undefined) => (date === undefined ? 'unknown' : `${formatMinute(date)} UTC`);

function rows(user: KnownUser, groups: readonly string[]): [string, string | undefined][] {
  const { sub = '', email, email_verified, ...others } = user.attributes;
  const none = 'none';
  return [
    ['user', user.username],
    ['state', meaningOf(user)],
    ['groups', groups.join(', ') || none],
    ['second factor', user.secondFactors.map(factorTitle).join(', ') || none],
    ['e-mail', email === undefined || email_verified === 'true' ? email : `${email} (not verified)`],
    ...Object.entries(others),
    ['created', minute(user.created)],
    ['changed', minute(user.changed)],
    ['id', sub],
  ];
}
