import { omitUndefined } from '../../../protocol/fields.ts';
import { type CommandLine, command } from '../../command-line.ts';
import type { Context, Result } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { awsErrorName, wasRepeated } from '../../identity/cognito-errors.ts';
import { checkedUsername } from '../../identity/sign-in/username.ts';
import { readRules } from '../../identity/users/administered-pool.ts';
import { createUser, inviteUser, type NewUser, usernameOf } from '../../identity/users/create-user.ts';
import { addToGroup, requireGroups } from '../../identity/users/groups.ts';
import type { OperatorArgs } from '../operator.ts';
import { invitation, sentInvitation } from './invitation.ts';
import { administeredFailure, changing, type OperatedPool, withPool } from './pool.ts';

export interface UserAddArgs extends OperatorArgs {
  /** The e-mail address if absent. */
  readonly username?: string;
  readonly email?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly groups?: readonly string[];
  /** Cognito sends the temporary password by e-mail; this command does not show it. */
  readonly invite?: boolean;
}

/** Creates a user with a temporary password, and prints what to hand over. */
export async function add(context: Context, args: UserAddArgs): Promise<Result> {
  const user = newUser(args);
  const { groups = [], invite = false } = args;
  return withPool(context, args, `Adding the user ${user.username ?? user.email}`, async (pool) => {
    const rules = await readRules(pool);
    const username = usernameOf(user, rules);
    await requireGroups(pool, groups, (name) => [
      'Add the user without this group. Then create the group:',
      command`edge-upload user groups ${username} --add ${name} --create`,
    ]);
    const { email } = user;
    const described = { email, groups: [...groups], userPoolId: pool.userPoolId };
    if (invite) {
      await createOnce(pool, username, args, () => inviteUser(pool, user, rules));
      await join(pool, username, groups);
      return {
        document: { username, ...described, url: pool.url, invited: true },
        text: [
          `User ${username} created. Cognito sends the temporary password to ${email}.`,
          ...sentInvitation(context, pool, username),
        ],
      };
    }
    const { temporaryPassword } = await createOnce(pool, username, args, () => createUser(pool, user, rules));
    await join(pool, username, groups);
    const { document, lines, ifUnprinted } = invitation(context, pool, {
      username,
      temporaryPassword,
      rules,
    });
    return {
      document: { username, ...described, ...document },
      text: [`User ${username} created.`, ...lines],
      ifUnprinted,
    };
  });
}

/** Creates a user. If the name exists, the error reports whether an earlier attempt could have created the user. */
async function createOnce<T>(
  pool: OperatedPool,
  username: string,
  { groups = [], invite = false }: UserAddArgs,
  create: () => Promise<T>,
): Promise<T> {
  try {
    return await changing(pool, username, create);
  } catch (error) {
    if (awsErrorName(error) !== 'UsernameExistsException') throw error;
    if (!wasRepeated(error)) {
      throw new UserError('exists', `The user ${username} already exists.`, {
        hint: [
          'For a new temporary password:',
          command`edge-upload user reset ${username} ${invite ? ['--invite'] : []}`,
        ],
        cause: error,
      });
    }
    throw new UserError(
      'exists',
      `The user ${username} exists. Cognito did not respond to the first request, which may have created the user.`,
      {
        hint: [
          'If the user is new, print a new invitation:',
          ...(groups.length === 0 ? [] : [addingTo(username, groups)]),
          command`edge-upload user reset ${username} ${invite ? ['--invite'] : []}`,
        ],
        cause: error,
      },
    );
  }
}

function addingTo(username: string, groups: readonly string[]): CommandLine {
  return command`edge-upload user groups ${username} ${groups.flatMap((name) => ['--add', name])}`;
}

/** Adds a new user to groups. An error reports that the user was created. */
async function join(pool: OperatedPool, username: string, groups: readonly string[]): Promise<void> {
  try {
    for (const name of groups) await addToGroup(pool, username, name);
  } catch (error) {
    const doing = `Adding the user ${username} to the groups`;
    const { code, message } = administeredFailure(error, doing, pool.signal);
    throw new UserError(code, message, {
      hint: [
        'The user was created, but is not in all groups. Add the groups, then print a new invitation:',
        addingTo(username, groups),
        command`edge-upload user reset ${username}`,
      ],
      cause: error,
    });
  }
}

const EMAIL = /^[^@\s]+@[^@\s]+$/;

function newUser({ username: typed, email, attributes, invite = false }: UserAddArgs): NewUser {
  const username = typed === undefined ? undefined : checkedUsername(typed, 'the name of the user');
  if (username === undefined && email === undefined) {
    throw new UserError('usage', 'A new user needs a name.', {
      hint: [
        'Give a name, or --email <address>, which is then the name:',
        command`edge-upload user add <name>`,
      ],
    });
  }
  const address = email ?? (username !== undefined && EMAIL.test(username) ? username : undefined);
  if (address !== undefined && !EMAIL.test(address)) {
    throw new UserError('usage', `“${address}” is not an e-mail address.`, {
      hint: 'Give it with --email <address>.',
    });
  }
  if (invite && address === undefined) {
    throw new UserError('usage', 'An invitation by e-mail needs an address.', {
      hint: 'Give it with --email <address>.',
    });
  }
  // If e-mail addresses are aliases, the user name is the part before the @; see createUser.
  const name = username === address ? undefined : username;
  return omitUndefined({ username: name, email: address, attributes });
}
