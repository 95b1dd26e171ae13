import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { disable, enable, remove } from '../../../../cli/commands/user/access.ts';
import { add } from '../../../../cli/commands/user/add.ts';
import { groups } from '../../../../cli/commands/user/groups.ts';
import { list, show } from '../../../../cli/commands/user/list.ts';
import { reset } from '../../../../cli/commands/user/reset.ts';
import type { Context, Result } from '../../../../cli/context.ts';
import { failure, NEW_PASSWORD, PASSWORD, run, type World, world } from '../helpers/world.ts';

async function operated(...given: Parameters<typeof world>): Promise<World> {
  const here = await world(...given);
  await here.operate();
  return here;
}

/** Signs in with only the information of an invitation. */
async function accept(here: World, { document }: { document: { [name: string]: unknown } }) {
  const [, , url, , username] = String(document.command).split(' ');
  const context = here.context({
    env: {
      EDGE_UPLOAD_PASSWORD: String(document.temporaryPassword),
      EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD,
    },
  });
  return run(here, login(context, { ...(url && { url }), ...(username && { username }) }));
}

/** Returns a context that is interrupted, as by Ctrl-C, once Cognito gets a request for an operation. It has no response. */
function interruptedAt(here: World, operation: string, ...given: Parameters<World['context']>) {
  const interruption = new AbortController();
  here.intercept((requested) => {
    if (requested !== operation) return undefined;
    interruption.abort();
    return new Promise<void>(() => {});
  });
  return { ...here.context(...given), signal: interruption.signal };
}

test('prints an invitation with address, name, password, expiry and command', async (t) => {
  const here = await operated(t);
  const made = await run(here, add(here.context(), { username: 'ada', email: 'ada@example.com' }));
  const { document, text = '' } = made;
  const week = new Date(here.setup.clock.now().getTime() + 7 * 86_400_000).toISOString();
  assert.deepEqual(
    [document.username, document.url, document.expiresAt, document.invited],
    ['ada', here.url, week, false],
  );
  for (const part of [here.url, 'ada', document.temporaryPassword, week.slice(0, 10), document.command]) {
    assert.ok(text.includes(String(part)), String(part));
  }
  assert.equal(document.command, `edge-upload login ${here.url} --username ada`);
  const order = ['npm install --global edge-upload', String(document.command), 'edge-upload put'];
  const at = order.map((step) => text.indexOf(step));
  assert.ok(
    at.every((place, index) => place > (at[index - 1] ?? 0)),
    text,
  );
  assert.equal((await accept(here, made)).document.username, 'ada');
});

test('takes the expiry of an invitation from the pool', async (t) => {
  const policy = { MinimumLength: 30, TemporaryPasswordValidityDays: 2 };
  const here = await operated(t, { pool: { Policies: { PasswordPolicy: policy } } });
  const { document } = await add(here.context(), { username: 'ada' });
  const days = new Date(here.setup.clock.now().getTime() + 2 * 86_400_000).toISOString();
  assert.equal(document.expiresAt, days);
  assert.equal(String(document.temporaryPassword).length, 30);
});

test('leaves the password to Cognito with --invite', async (t) => {
  const here = await operated(t);
  const { document, text } = await run(
    here,
    add(here.context(), { username: 'ada', email: 'ada@example.com', invite: true }),
  );
  assert.deepEqual([document.invited, document.temporaryPassword], [true, undefined]);
  assert.match(text ?? '', /sends the temporary password to ada@example\.com/);
  const [mail] = here.setup.outbox();
  assert.equal(mail?.to, 'ada@example.com');
  assert.match(mail?.body ?? '', /username is ada and temporary password is \S+/);
});

test('does not create a user if one of the groups is missing', async (t) => {
  const here = await operated(t);
  const error = await failure(here, add(here.context(), { username: 'ada', groups: ['writers'] }));
  assert.deepEqual([error.code, /“writers”/.test(error.message)], ['not_found', true]);
  assert.ok(!here.operations.includes('AdminCreateUser'));
  await here.setup.sdk.createGroup({ UserPoolId: here.setup.UserPoolId, GroupName: 'writers' });
  await add(here.context(), { username: 'ada', groups: ['writers'] });
  const { document } = await run(here, show(here.context(), { username: 'ada' }));
  assert.deepEqual(document.groups, ['writers']);
});

test('refuses existing users, missing names, invalid addresses and invitations without an address', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const exists = await failure(here, add(here.context(), { username: 'ada' }));
  assert.deepEqual([exists.code, exists.exitCode], ['exists', 6]);
  assert.match(exists.hint ?? '', /user reset ada$/);
  for (const args of [{}, { username: 'bob', email: 'bob' }, { username: 'bob', invite: true }]) {
    assert.equal((await failure(here, add(here.context(), args))).code, 'usage');
  }
});

test('lists users page by page, by prefix and by group', async (t) => {
  const here = await operated(t);
  const { sdk, UserPoolId } = here.setup;
  await sdk.createGroup({ UserPoolId, GroupName: 'writers' });
  const names = Array.from({ length: 130 }, (_, at) => `user-${String(at).padStart(3, '0')}`);
  for (const Username of names) {
    await sdk.adminCreateUser({
      UserPoolId,
      Username,
      MessageAction: 'SUPPRESS',
      TemporaryPassword: PASSWORD,
    });
    await sdk.adminAddUserToGroup({ UserPoolId, Username, GroupName: 'writers' });
  }
  await sdk.adminDisableUser({ UserPoolId, Username: 'user-007' });
  here.operations.length = 0;

  const reading = here.context();
  await run(here, list(reading, {}));
  const rows = reading.events.filter(({ type }) => type === 'row');
  assert.equal(rows.length, 1 + 130, 'a header and the users');
  assert.equal(here.operations.filter((name) => name === 'ListUsers').length, 3);
  assert.ok(rows.some((row) => row.type === 'row' && /disabled +user-007/.test(row.text)));
  assert.ok(rows.some((row) => row.type === 'row' && /invited +user-129/.test(row.text)));

  const json = here.context();
  const asJson = { ...json, options: { ...json.options, json: true } };
  const { document } = await run(here, list(asJson, { group: 'writers', prefix: 'user-12' }));
  assert.equal((document.users as unknown[]).length, 10);
  assert.deepEqual(
    json.events.filter(({ type }) => type === 'row'),
    [],
  );
  const odd = await run(here, list(asJson, { prefix: 'a"\\' }));
  assert.deepEqual(odd.document.users, []);
});

test('shows state, groups, second factor and attributes', async (t) => {
  const here = await operated(t);
  await here.user('ada', { temporary: true, attributes: { name: 'Ada L.', email_verified: 'true' } });
  const { document, text = '' } = await run(here, show(here.context(), { username: 'ada' }));
  assert.deepEqual(
    [document.status, document.enabled, document.secondFactors],
    ['FORCE_CHANGE_PASSWORD', true, []],
  );
  for (const line of [
    /^state +invited/m,
    /^groups +none/m,
    /^e-mail +ada@example\.com$/m,
    /^name +Ada L\.$/m,
  ]) {
    assert.match(text, line);
  }
  for (const command of [show, remove, disable, enable, reset]) {
    const missing = await failure(here, command(here.context(), { username: 'nobody', yes: true }));
    assert.deepEqual([missing.code, missing.exitCode], ['not_found', 3], command.name);
  }
});

test('reset --mfa removes the second factors that a user has, and only those', async (t) => {
  const here = await operated(t, {
    pool: {
      MfaConfiguration: 'OPTIONAL',
      EnabledMfas: ['SMS_MFA', 'SOFTWARE_TOKEN_MFA'],
      SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' },
    },
  });
  const { sdk, UserPoolId } = here.setup;
  await here.user('ada', { attributes: { phone_number: '+15550100123' } });
  const of = (username = 'ada') => reset(here.context(), { username, mfa: true });
  assert.match((await run(here, of())).text ?? '', /User ada had no second factor\./);
  const SMSMfaSettings = { Enabled: true, PreferredMfa: true };
  await sdk.adminSetUserMFAPreference({ UserPoolId, Username: 'ada', SMSMfaSettings });
  const { text, document } = await run(here, of());
  assert.match(text ?? '', /Removed the second factor of ada: .*\nIf the user pool requires one/s);
  assert.deepEqual(document.secondFactors, ['SMS_MFA']);
  assert.match((await run(here, of())).text ?? '', /had no second factor/);
});

test('reset --invite needs an e-mail address, and is not used with --mfa', async (t) => {
  const here = await operated(t);
  await run(here, add(here.context(), { username: 'ada' }));
  const invite = (mfa = false) =>
    failure(here, reset(here.context(), { username: 'ada', invite: true, mfa }));
  const [without, both] = [await invite(), await invite(true)];
  assert.deepEqual([without.code, both.code], ['usage', 'usage']);
  assert.match(`${without.message} ${without.hint}`, /has no e-mail address\..*user reset ada/s);
  assert.match(both.message, /--invite is not used with --mfa/);
});

test('disable ends every sign-in, enable allows new ones', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const signIn = () =>
    login(here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } }), { url: here.url, username: 'ada' });
  await run(here, signIn());
  await run(here, disable(here.context(), { username: 'ada' }));
  const refused = await failure(here, signIn());
  assert.match(refused.hint ?? '', /user enable/);
  await run(here, enable(here.context(), { username: 'ada' }));
  await run(here, signIn());
});

test('remove asks, then deletes the user', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const unasked = await failure(here, remove(here.context(), { username: 'ada' }));
  assert.match(unasked.hint ?? '', /--yes/);
  const { document } = await run(here, remove(here.context(), { username: 'ada', yes: true }));
  assert.equal(document.removed, true);
  assert.equal(
    (await failure(here, remove(here.context(), { username: 'ada', yes: true }))).code,
    'not_found',
  );
});

test('reset prints a new invitation, and ends sign-ins with the old password', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const before = await here.setup.sdk.adminGetUser({ UserPoolId: here.setup.UserPoolId, Username: 'ada' });
  assert.equal(before.UserStatus, 'CONFIRMED');
  const again = await reset(here.context(), { username: 'ada' });
  assert.ok(here.operations.includes('AdminUserGlobalSignOut'));
  assert.equal(again.document.signedOut, true);
  assert.equal((await accept(here, again)).document.username, 'ada');
});

test('reset --invite sends a temporary password, or a code to users with a password', async (t) => {
  const here = await operated(t);
  await here.user('ada', { attributes: { email_verified: 'true' } });
  await here.user('bob', { temporary: true, attributes: { email_verified: 'true' } });
  here.operations.length = 0;
  const { text = '' } = await run(here, reset(here.context(), { username: 'ada', invite: true }));
  assert.match(text, /code.*password reset/s);
  await run(here, reset(here.context(), { username: 'bob', invite: true }));
  const calls = here.operations.filter((name) => name !== 'AdminGetUser');
  assert.deepEqual(calls, ['AdminResetUserPassword', 'AdminCreateUser']);
});

test('adds, creates on request, removes and lists groups', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const change = (args: Parameters<typeof groups>[1]) => run(here, groups(here.context(), args));
  const mistyped = await failure(here, groups(here.context(), { username: 'ada', add: ['wirters'] }));
  assert.equal(mistyped.code, 'not_found');
  const added = await change({ username: 'ada', add: ['writers', 'readers'], create: true });
  assert.deepEqual(added.document.groups, ['readers', 'writers']);
  const removed = await change({ username: 'ada', remove: ['readers'] });
  assert.deepEqual(removed.document.groups, ['writers']);
  const all = await change({});
  assert.deepEqual(all.document.groups, [{ name: 'readers' }, { name: 'writers' }]);
});

test('refuses invalid group changes before anything is changed', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  for (const args of [
    { username: 'ada', add: ['writers'], remove: ['wirters'] },
    { username: 'ada', add: ['writers', 'two words'] },
    { username: 'ada', add: ['writers', 'x'.repeat(129)] },
    { username: 'ada', add: ['writers', ''] },
  ]) {
    const error = await failure(here, groups(here.context(), { ...args, create: true }));
    assert.equal(error.code, 'remove' in args ? 'not_found' : 'usage', JSON.stringify(args));
  }
  const nobody = { username: 'nobody', add: ['writers'], create: true };
  assert.equal((await failure(here, groups(here.context(), nobody))).code, 'not_found');
  assert.deepEqual((await run(here, groups(here.context(), {}))).document.groups, []);
});

test('reports a user who was created without groups, with the commands to add them', async (t) => {
  const here = await operated(t);
  await here.setup.sdk.createGroup({ UserPoolId: here.setup.UserPoolId, GroupName: 'writers' });
  here.intercept((operation) =>
    operation === 'AdminAddUserToGroup'
      ? { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } }
      : undefined,
  );
  const context = here.context();
  const error = await failure(here, add(context, { username: 'ada', groups: ['writers'] }));
  assert.equal(error.code, 'access_denied');
  assert.match(
    error.hintFor(context.inUse) ?? '',
    /created.*user groups ada --add writers.*user reset ada$/s,
  );
});

test('prints a new password even if sign-ins cannot be ended, with another exit code', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const interruption = new AbortController();
  const refusal = { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } };
  for (const [exitCode, answer] of [
    [8, async () => refusal],
    [
      130,
      () => {
        interruption.abort();
        return new Promise<void>(() => {});
      },
    ],
  ] as const) {
    here.intercept((operation) => (operation === 'AdminUserGlobalSignOut' ? answer() : undefined));
    const context = { ...here.context(), signal: interruption.signal };
    const done = await run(here, reset(context, { username: 'ada' }));
    assert.equal(done.exitCode, exitCode);
    assert.doesNotMatch(done.text ?? '', /signed out everywhere/);
    assert.equal(done.document.signedOut, false);
    const [warning] = context.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
    assert.match(warning ?? '', /Earlier sign-ins of ada continue.*edge-upload user reset ada$/s);
    here.intercept(() => undefined);
    assert.equal((await accept(here, done)).document.username, 'ada');
  }
});

test('reports at Ctrl-C that the user was created but not added to all groups', async (t) => {
  const here = await operated(t);
  await here.setup.sdk.createGroup({ UserPoolId: here.setup.UserPoolId, GroupName: 'writers' });
  const context = interruptedAt(here, 'AdminAddUserToGroup');
  const error = await failure(here, add(context, { username: 'ada', groups: ['writers'] }));
  assert.equal(error.code, 'interrupted');
  assert.match(
    error.hintFor(context.inUse) ?? '',
    /created.*user groups ada --add writers.*user reset ada$/s,
  );
});

test('reports that a request without a response may have changed the user', async (t) => {
  const here = await operated(t);
  const { sdk, UserPoolId } = here.setup;
  const lost = { status: 500, body: { __type: 'InternalErrorException', message: 'lost' } };
  let isFirst = true;
  here.intercept(async (operation) => {
    if (!isFirst || !/^Admin(Create|Delete)User$/.test(operation)) return undefined;
    isFirst = false;
    if (operation === 'AdminCreateUser') {
      await sdk.adminCreateUser({ UserPoolId, Username: 'ada', MessageAction: 'SUPPRESS' });
    } else {
      await sdk.adminDeleteUser({ UserPoolId, Username: 'ada' });
    }
    return lost;
  });
  const context = here.context();
  const error = await failure(here, add(context, { username: 'ada' }));
  assert.equal(error.code, 'exists');
  assert.match(error.message, /may have created/);
  assert.match(error.hintFor(context.inUse) ?? '', /^ {2}edge-upload user reset ada$/m);
  isFirst = true;
  const { document } = await run(here, remove(here.context(), { username: 'ada', yes: true }));
  assert.equal(document.removed, true);
});

test('reports at Ctrl-C that the password may have changed', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const context = interruptedAt(here, 'AdminSetUserPassword');
  const error = await failure(here, reset(context, { username: 'ada' }));
  assert.equal(error.code, 'interrupted');
  assert.match(error.hintFor(context.inUse) ?? '', /password may have changed.*user reset ada$/s);
});

test('names at Ctrl-C the command that shows whether a user was changed', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  await here.setup.sdk.createGroup({ UserPoolId: here.setup.UserPoolId, GroupName: 'writers' });
  const ada = { username: 'ada' };
  const changes: Readonly<Record<string, (context: Context) => Promise<Result>>> = {
    AdminCreateUser: (context) => add(context, { username: 'ada' }),
    AdminDeleteUser: (context) => remove(context, { ...ada, yes: true }),
    AdminDisableUser: (context) => disable(context, ada),
    AdminEnableUser: (context) => enable(context, ada),
    AdminAddUserToGroup: (context) => groups(context, { ...ada, add: ['writers'] }),
  };
  for (const [operation, change] of Object.entries(changes)) {
    const context = interruptedAt(here, operation);
    const error = await failure(here, change(context));
    assert.equal(error.code, 'interrupted', operation);
    assert.match(error.hintFor(context.inUse) ?? '', /may have made the change.*user show ada$/s, operation);
  }
});

test('says at Ctrl-C that login --create can be repeated, and continues then', async (t) => {
  const here = await operated(t);
  const env = { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD };
  const args = { create: true, email: 'bob@example.com' };
  const context = interruptedAt(here, 'AdminCreateUser', { env });
  const error = await failure(here, login(context, args));
  assert.equal(error.code, 'interrupted');
  assert.match(error.hint ?? '', /user may exist now\. Run the same command again/);
  here.intercept(() => undefined);
  await here.setup.sdk.adminCreateUser({
    UserPoolId: here.setup.UserPoolId,
    Username: args.email,
    MessageAction: 'SUPPRESS',
  });
  const { document } = await run(here, login(here.context({ env }), args));
  assert.equal(document.username, args.email);
});

test('Ctrl-C ends every user command while Cognito does not respond', async (t) => {
  const here = await operated(t);
  await here.user('ada');
  const commands = {
    list: (context: Context) => list(context, {}),
    'list of a group': (context: Context) => list(context, { group: 'writers' }),
    'list of groups': (context: Context) => groups(context, {}),
    show: (context: Context) => show(context, { username: 'ada' }),
    add: (context: Context) => add(context, { username: 'bob' }),
    'login --create': (context: Context) => login(context, { create: true, email: 'bob@example.com' }),
  };
  for (const [name, command] of Object.entries(commands)) {
    const interruption = new AbortController();
    here.intercept(() => {
      interruption.abort();
      return new Promise<void>(() => {});
    });
    const context = { ...here.context({ person: {} }), signal: interruption.signal };
    assert.equal((await failure(here, command(context), { hintless: true })).code, 'interrupted', name);
  }
});

test('reports a missing permission to administer users', async (t) => {
  const here = await operated(t);
  here.intercept(() => ({
    status: 400,
    body: { __type: 'AccessDeniedException', message: 'not authorized' },
  }));
  const error = await failure(here, list(here.context(), {}));
  assert.deepEqual([error.code, error.exitCode], ['access_denied', 8]);
});
