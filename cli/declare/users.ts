import type { Command as Commander } from 'commander';
import { omitUndefined } from '../../protocol/omit-undefined.ts';
import type { UserArgs } from '../commands/user/show.ts';
import type { Command } from '../context.ts';
import { checkedUsername } from '../identity/known-username.ts';
import { type Act, define, everywhere, inLocalCloud, pairs, profile, several } from './shared.ts';

const named = (username: string) => checkedUsername(username, 'the name of the user');

/** `user …`: the people of a deployment, for its operator. */
export function declareUsers(root: Commander, act: Act): void {
  const user = define(root, 'user', 'the people who may upload').helpCommand(false);
  const operated = (command: Commander) => everywhere(command.addOption(inLocalCloud()).addOption(profile()));
  const ofOne = <Args extends UserArgs>(command: Commander, load: () => Promise<Command<Args>>) =>
    operated(command).action((username: string, given, self) =>
      act(load, { ...given, username: named(username) }, self.optsWithGlobals()),
    );
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
  ).action((username: string | undefined, { attribute, group, ...given }, command) => {
    const args = {
      ...given,
      ...omitUndefined({ username }),
      ...(attribute && { attributes: attribute }),
      ...(group && { groups: group }),
    };
    return act(async () => (await import('../commands/user/add.ts')).add, args, command.optsWithGlobals());
  });
  operated(
    define(user, 'list [prefix]', 'list users, or those whose names begin so').option(
      '--group <name>',
      'only the members of a group',
    ),
  ).action((prefix: string | undefined, given, command) => {
    const args = { ...given, ...omitUndefined({ prefix }) };
    return act(async () => (await import('../commands/user/list.ts')).list, args, command.optsWithGlobals());
  });
  ofOne(
    define(user, 'show <name>', 'state, groups, second factor, attributes'),
    async () => (await import('../commands/user/show.ts')).show,
  );
  ofOne(
    define(user, 'remove <name>', 'take a user away; uploads stay').option('-y, --yes', 'do not ask'),
    async () => (await access()).remove,
  );
  ofOne(
    define(user, 'disable <name>', 'sign a user out everywhere, and in no more'),
    async () => (await access()).disable,
  );
  ofOne(define(user, 'enable <name>', 'let a disabled user in again'), async () => (await access()).enable);
  ofOne(
    define(user, 'reset <name>', 'a new temporary password, and what to hand over')
      .option('--invite', 'Cognito sends a password, or a code, by e-mail')
      .option('--mfa', 'forget the second factor, not the password'),
    async () => (await import('../commands/user/reset.ts')).reset,
  );
  operated(
    define(user, 'groups [name]', "show a user's groups, or all; change them", [
      'edge-upload user groups ada --add writers --create',
    ])
      .option('--add <group>', 'may be repeated', several)
      .option('--remove <group>', 'may be repeated', several)
      .option('--create', 'make a group to add to that is not there'),
  ).action((username: string | undefined, given, command) => {
    const args = { ...given, ...(username === undefined ? {} : { username: named(username) }) };
    return act(
      async () => (await import('../commands/user/groups.ts')).groups,
      args,
      command.optsWithGlobals(),
    );
  });
}
