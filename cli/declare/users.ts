import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/fields.ts';
import { checkedUsername } from '../identity/sign-in/username.ts';
import { type Act, define, operated } from '../program.ts';
import { filled, nameValues, severalNames } from './values.ts';

const named = (username: string) => checkedUsername(username, 'the name of the user');

function declareAdd(user: Commander, act: Act): void {
  operated(
    define(user, 'add [name]', 'Create a user and print an invitation', [
      'edge-upload user add ada --email ada@example.com',
      'edge-upload user add ada@example.com --invite',
    ])
      .option('--email <address>', 'Verified address, for resetting a forgotten password')
      .option('--invite', 'Have Cognito send the temporary password by e-mail')
      .option('--group <name>', 'Add the user to a group (repeatable)', severalNames)
      .option('--attribute <name=value>', 'Such as name="Ada L." (repeatable)', nameValues),
  ).action((username, { attribute, group, ...given }) => {
    const args = {
      ...given,
      ...omitUndefined({ username }),
      ...(attribute && { attributes: attribute }),
      ...(group && { groups: group }),
    };
    return act(async () => (await import('../commands/user/add.ts')).add, args);
  });
}

/** `user …`: the people of a deployment, for its operator. */
export function declareUser(root: Commander, act: Act): void {
  const user = define(root, 'user', 'Manage the people who are allowed to upload').helpCommand(false);
  declareAdd(user, act);
  const access = () => import('../commands/user/access.ts');
  operated(
    define(user, 'list [prefix]', 'List users, or those whose names begin with a prefix').option(
      '--group <name>',
      'Only the members of a group',
      filled,
    ),
  ).action((prefix, given) => {
    const args = { ...given, ...omitUndefined({ prefix }) };
    return act(async () => (await import('../commands/user/list.ts')).list, args);
  });
  operated(define(user, 'show <name>', "Show a user's state, groups, second factor and attributes")).action(
    (name, given) =>
      act(async () => (await import('../commands/user/list.ts')).show, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'remove <name>', 'Delete a user; their uploads stay').option('-y, --yes', 'Do not ask'),
  ).action((name, given) => act(async () => (await access()).remove, { ...given, username: named(name) }));
  operated(define(user, 'disable <name>', 'Sign a user out everywhere and refuse new sign-ins')).action(
    (name, given) => act(async () => (await access()).disable, { ...given, username: named(name) }),
  );
  operated(define(user, 'enable <name>', 'Let a disabled user sign in again')).action((name, given) =>
    act(async () => (await access()).enable, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'reset <name>', 'Set a temporary password and print a new invitation')
      .option('--invite', 'Have Cognito send a password or a code by e-mail')
      .option('--mfa', 'Remove the second factor; keep the password'),
  ).action((name, given) =>
    act(async () => (await import('../commands/user/reset.ts')).reset, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'groups [name]', "Show or change a user's groups, or list all groups", [
      'edge-upload user groups ada --add writers --create',
    ])
      .option('--add <group>', 'Add the user to a group (repeatable)', severalNames)
      .option('--remove <group>', 'Remove the user from a group (repeatable)', severalNames)
      .option('--create', 'Create groups that do not exist'),
  ).action((username, given) => {
    const args = { ...given, ...(username !== undefined && { username: named(username) }) };
    return act(async () => (await import('../commands/user/groups.ts')).groups, args);
  });
}
