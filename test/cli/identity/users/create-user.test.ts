import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoginArgs, login } from '../../../../cli/commands/login.ts';
import { temporaryPassword } from '../../../../cli/identity/users/create-user.ts';
import { failure, NEW_PASSWORD, run, type World, world } from '../helpers/world.ts';

const EMAIL = 'ada@example.com';

async function operated(...given: Parameters<typeof world>): Promise<World> {
  const here = await world(...given);
  await here.operate();
  return here;
}

function create(here: World, args: LoginArgs = {}, env: Record<string, string> = {}) {
  const context = here.context({ env: { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD, ...env } });
  return login(context, { url: here.url, create: true, email: EMAIL, ...args });
}

/** Registers every password that is sent, so that no output may contain it. */
function watch(here: World): string[] {
  const passwords: string[] = [];
  here.intercept((_operation, body) => {
    const { TemporaryPassword, Password } = JSON.parse(body) as Record<string, string>;
    for (const password of [TemporaryPassword, Password]) {
      if (password === undefined) continue;
      passwords.push(password);
      here.secret(password);
    }
    return undefined;
  });
  return passwords;
}

test('creates a user with a first password in the same command', async (t) => {
  const here = await operated(t);
  const passwords = watch(here);
  const { document } = await run(here, create(here));
  assert.equal(document.username, EMAIL);
  assert.equal(passwords.length, 1);
  const { sdk, UserPoolId } = here.setup;
  const user = await sdk.adminGetUser({ UserPoolId, Username: EMAIL });
  assert.equal(user.UserStatus, 'CONFIRMED');
  const attributes = Object.fromEntries(user.UserAttributes?.map(({ Name, Value }) => [Name, Value]) ?? []);
  assert.deepEqual([attributes.email, attributes.email_verified], [EMAIL, 'true']);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: NEW_PASSWORD } });
  await run(here, login(context, { url: here.url, username: EMAIL }));
});

test('sends no message to the new user', async (t) => {
  const here = await operated(t);
  let asked: Record<string, unknown> = {};
  here.intercept((operation, body) => {
    if (operation === 'AdminCreateUser') asked = JSON.parse(body);
    return undefined;
  });
  await create(here, { username: 'ada' });
  assert.deepEqual([asked.MessageAction, asked.Username], ['SUPPRESS', 'ada']);
});

test('reads the new password from standard input, and attributes from flags', async (t) => {
  const here = await operated(t, { pool: { Schema: [{ Name: 'name', Required: true, Mutable: true }] } });
  const context = here.context({ stdin: `${NEW_PASSWORD}\n` });
  const args = {
    url: here.url,
    create: true,
    email: EMAIL,
    newPasswordStdin: true,
    attributes: { name: 'Ada' },
  };
  await run(here, login(context, args));
});

test('creates no user without a way to get the first password', async (t) => {
  const here = await operated(t);
  const error = await failure(here, login(here.context(), { url: here.url, create: true, email: EMAIL }));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /--new-password-stdin/);
  assert.deepEqual(here.operations, []);
});

test('asks for the new password at a terminal after the user is created', async (t) => {
  const here = await operated(t);
  const context = here.context({ person: { 'New password': NEW_PASSWORD } });
  await run(here, login(context, { url: here.url, create: true, email: EMAIL }));
  assert.deepEqual(context.prompts, ['New password', 'New password again']);
});

test('gives a user who never chose a password a new temporary one', async (t) => {
  const here = await operated(t);
  const passwords = watch(here);
  const weak = await failure(here, create(here, {}, { EDGE_UPLOAD_NEW_PASSWORD: 'weakling' }));
  assert.equal(weak.code, 'password_rejected');
  const { document } = await run(here, create(here));
  assert.equal(document.username, EMAIL);
  assert.ok(here.operations.includes('AdminSetUserPassword'));
  assert.equal(new Set(passwords).size, passwords.length, 'no password is used twice');
});

test('does not change a user who has a password', async (t) => {
  const here = await operated(t);
  await create(here);
  const error = await failure(here, create(here, {}, { EDGE_UPLOAD_NEW_PASSWORD: 'Something-else-44!' }));
  assert.deepEqual([error.code, error.exitCode], ['exists', 6]);
  assert.match(error.message, /already exists/);
  assert.match(error.hint ?? '', /edge-upload login --username ada@example\.com/);
  assert.ok(!here.operations.includes('AdminSetUserPassword'));
});

test('takes the part before the @ as user name if e-mail addresses are aliases', async (t) => {
  const here = await operated(t, { pool: { AliasAttributes: ['email'], AutoVerifiedAttributes: ['email'] } });
  const { document } = await run(here, create(here));
  assert.equal(document.username, 'ada');
});

test('reports a missing AWS permission', async (t) => {
  const here = await operated(t);
  here.intercept((operation) =>
    operation === 'AdminCreateUser'
      ? {
          status: 400,
          body: { __type: 'AccessDeniedException', message: 'User: x is not authorized to perform: y' },
        }
      : undefined,
  );
  const error = await failure(here, create(here));
  assert.deepEqual([error.code, error.exitCode], ['access_denied', 8]);
});

test('refuses conflicting flags before anything is sent', async (t) => {
  const here = await operated(t);
  const wrong: LoginArgs[] = [
    { create: true },
    { create: true, email: 'ada' },
    { email: EMAIL, username: 'ada' },
    { create: true, email: EMAIL, passwordStdin: true },
  ];
  for (const args of wrong) {
    assert.equal((await failure(here, login(here.context(), { url: here.url, ...args }))).code, 'usage');
  }
  assert.deepEqual([here.operations, here.edgeRequests], [[], []]);
});

test('generates temporary passwords that meet every policy and differ', () => {
  const made = Array.from({ length: 200 }, () => temporaryPassword({ minimumLength: 8 }));
  assert.equal(new Set(made).size, made.length);
  for (const password of made) {
    for (const kind of [/[A-Z]/, /[a-z]/, /\d/, /[!@#%*\-_+=?]/]) assert.match(password, kind);
    assert.equal(password.length, 24);
  }
  assert.equal(temporaryPassword({ minimumLength: 99 }).length, 99);
  assert.equal(temporaryPassword({ minimumLength: 0 }).length, 24);
});
