import type { Command as Commander } from '@commander-js/extra-typings';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import { checkedUsername } from '../identity/sign-in/username.ts';
import { type Act, define, operated, pairs, several } from './shared.ts';

const named = (username: string) => checkedUsername(username, 'the name of the user');

/** `user …`: the people of a deployment, for its operator. */
export function declareUsers(root: Commander, act: Act): void {
  const user = define(root, 'user', 'the people who may upload').helpCommand(false);
  const access = () => import('../commands/user/access.ts');

  operated(
    define(user, 'add [name]', 'make a user, and show what to hand over', [
      'edge-upload user add ada --email ada@example.com',
      'edge-upload user add ada@example.com --invite',
    ])
      .option('--email <address>', 'verified: for resetting a forgotten password')
      .option('--invite', 'Cognito sends the temporary password to that address')
      .option('--group <name>', 'put the user into it; may be repeated', several)
      .option('--attribute <name=value>', 'such as name="Ada L."; may be repeated', pairs),
  ).action((username, { attribute, group, ...given }) => {
    const args = {
      ...given,
      ...omitUndefined({ username }),
      ...(attribute && { attributes: attribute }),
      ...(group && { groups: group }),
    };
    return act(async () => (await import('../commands/user/add.ts')).add, args);
  });
  operated(
    define(user, 'list [prefix]', 'list users, or those whose names begin so').option(
      '--group <name>',
      'only the members of a group',
    ),
  ).action((prefix, given) => {
    const args = { ...given, ...omitUndefined({ prefix }) };
    return act(async () => (await import('../commands/user/list.ts')).list, args);
  });
  operated(define(user, 'show <name>', 'state, groups, second factor, attributes')).action((name, given) =>
    act(async () => (await import('../commands/user/show.ts')).show, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'remove <name>', 'take a user away; uploads stay').option('-y, --yes', 'do not ask'),
  ).action((name, given) => act(async () => (await access()).remove, { ...given, username: named(name) }));
  operated(define(user, 'disable <name>', 'sign a user out everywhere, and in no more')).action(
    (name, given) => act(async () => (await access()).disable, { ...given, username: named(name) }),
  );
  operated(define(user, 'enable <name>', 'let a disabled user in again')).action((name, given) =>
    act(async () => (await access()).enable, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'reset <name>', 'a new temporary password, and what to hand over')
      .option('--invite', 'Cognito sends a password, or a code, by e-mail')
      .option('--mfa', 'forget the second factor, not the password'),
  ).action((name, given) =>
    act(async () => (await import('../commands/user/reset.ts')).reset, { ...given, username: named(name) }),
  );
  operated(
    define(user, 'groups [name]', "show a user's groups, or all; change them", [
      'edge-upload user groups ada --add writers --create',
    ])
      .option('--add <group>', 'may be repeated', several)
      .option('--remove <group>', 'may be repeated', several)
      .option('--create', 'make a group to add to that is not there'),
  ).action((username, given) => {
    const args = { ...given, ...(username !== undefined && { username: named(username) }) };
    return act(async () => (await import('../commands/user/groups.ts')).groups, args);
  });
}
