import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { checkedUsername } from '../../identity/sign-in/username.ts';
import { readRules } from '../../identity/users/administered-pool.ts';
import { createUser, inviteUser, type NewUser } from '../../identity/users/create-user.ts';
import { addToGroups, requireGroups } from '../../identity/users/groups.ts';
import type { OperatorArgs } from '../operator.ts';
import { invitation, sentInvitation } from './invitation.ts';
import { withPool } from './pool.ts';

export interface UserAddArgs extends OperatorArgs {
  /** Absent: the e-mail address. */
  readonly username?: string;
  readonly email?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly groups?: readonly string[];
  /** Cognito sends the temporary password by e-mail, instead of this command showing it. */
  readonly invite?: boolean;
}

/** Makes a user who signs in with a temporary password, and says what to hand over. */
export async function add(context: Context, args: UserAddArgs): Promise<Result> {
  const user = newUser(args);
  const { groups = [], invite = false } = args;
  return withPool(context, args, `Adding the user ${user.username ?? user.email}`, async (pool) => {
    const { userPoolId, url, local } = pool;
    const rules = await readRules(pool);
    await requireGroups(pool, groups);
    if (invite) {
      const username = await inviteUser(pool, user, rules);
      await addToGroups(pool, username, groups);
      return {
        document: { username, email: user.email, groups: [...groups], userPoolId, url, invited: true },
        text: [
          `The user ${username} is created. Cognito sends the temporary password to ${user.email}.`,
          ...sentInvitation(url, username, local),
        ],
      };
    }
    const { username, temporaryPassword } = await createUser(pool, user, rules);
    await addToGroups(pool, username, groups);
    const made = invitation({
      url,
      username,
      temporaryPassword,
      now: context.now(),
      rules,
      ...(local && { local }),
    });
    return {
      document: {
        username,
        email: user.email,
        groups: [...groups],
        userPoolId,
        invited: false,
        ...made.document,
      },
      text: withHead(`The user ${username} is created.`, made.lines),
    };
  });
}

const EMAIL = /^[^@\s]+@[^@\s]+$/;

function newUser({ username: typed, email, attributes, invite = false }: UserAddArgs): NewUser {
  const username = typed === undefined ? undefined : checkedUsername(typed, 'the name of the user');
  if (username === undefined && email === undefined) {
    throw new UserError('usage', 'A new user needs a name.', {
      hint: 'Type: edge-upload user add <name>   or give --email <address>, which is then the name.',
    });
  }
  const address = email ?? (username !== undefined && EMAIL.test(username) ? username : undefined);
  if (address !== undefined && !EMAIL.test(address)) {
    throw new UserError('usage', `“${address}” is no e-mail address.`, {
      hint: 'Give it with --email <address>.',
    });
  }
  if (invite && address === undefined) {
    throw new UserError('usage', 'An invitation by e-mail needs an address.', {
      hint: 'Give it with --email <address>.',
    });
  }
  return {
    // A pool that takes addresses for another name is given the part before the @; see createUser.
    ...(username !== undefined && username !== address && { username }),
    ...(address !== undefined && { email: address }),
    ...(attributes && { attributes }),
  };
}

/** The first line continues a sentence. */
function withHead(head: string, [first, ...rest]: readonly string[]): string[] {
  return [`${head} ${first ?? ''}`.trimEnd(), ...rest];
}
