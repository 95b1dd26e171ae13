import type { Context, Result } from '../../context.ts';
import { listUsers, type PoolUser, type Wanted } from '../../identity/users/directory.ts';
import type { JsonValue } from '../../json-value.ts';
import { count } from '../../ui/format.ts';
import { type TextLine, visible } from '../../ui/shown.ts';
import type { OperatorArgs } from '../operator.ts';
import { withPool } from './pool.ts';
import { stateOf } from './words.ts';

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
