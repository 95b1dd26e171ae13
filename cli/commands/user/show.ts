import type { Context, Result } from '../../context.ts';
import { factorTitle } from '../../identity/second-factors.ts';
import { getUser, type KnownUser } from '../../identity/users/directory.ts';
import { groupsOf } from '../../identity/users/groups.ts';
import { formatMinute } from '../../ui/format.ts';
import { fields } from '../../ui/table-lines.ts';
import type { OperatorArgs } from '../operator.ts';
import { withPool } from './pool.ts';
import { meaningOf } from './words.ts';

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

function rows(user: KnownUser, groups: readonly string[]): [string, string][] {
  const { sub = '', email, email_verified, ...others } = user.attributes;
  const none = 'none';
  return [
    ['user', user.username],
    ['state', meaningOf(user)],
    ['groups', groups.join(', ') || none],
    ['second factor', user.secondFactors.map(factorTitle).join(', ') || none],
    ...(email === undefined
      ? []
      : [
          ['e-mail', email_verified === 'true' ? email : `${email} (not verified)`] satisfies [
            string,
            string,
          ],
        ]),
    ...Object.entries(others),
    ['created', minute(user.created)],
    ['changed', minute(user.changed)],
    ['id', sub],
  ];
}
