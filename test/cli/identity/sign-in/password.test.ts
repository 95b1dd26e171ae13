import assert from 'node:assert/strict';
import { test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { change, reset } from '../../../../cli/commands/password.ts';
import { failure, NEW_PASSWORD, PASSWORD, run, type World, world } from '../helpers/world.ts';

const VERIFIED = { attributes: { email_verified: 'true' } };

const signIn = (here: World, password = PASSWORD) =>
  run(
    here,
    login(here.context({ env: { EDGE_UPLOAD_PASSWORD: password } }), { url: here.url, username: 'ada' }),
  );

const sentCode = ({ setup }: World) => /\d{6}/.exec(setup.outbox().at(-1)?.body ?? '')?.[0] ?? '';

test('changes a password with the old one, and asks again if the pool refuses it', async (t) => {
  const here = await world(t, { pool: { Policies: { PasswordPolicy: { MinimumLength: 16 } } } });
  await here.user('ada');
  await signIn(here);
  const context = here.context({
    person: {
      'Current password': PASSWORD,
      'New password again': ['Short-horse-42!', NEW_PASSWORD],
      'New password': ['Short-horse-42!', NEW_PASSWORD],
    },
  });
  const { document, text } = await run(here, change(context, {}));
  assert.deepEqual([document.username, document.changed], ['ada', true]);
  assert.match(text ?? '', /logout --everywhere/);
  assert.match(JSON.stringify(context.events), /did not conform with policy/);
  await signIn(here, NEW_PASSWORD);
  assert.equal((await failure(here, signIn(here))).code, 'sign_in_refused');
});

test('reads the old and the new password from standard input; reports a missing one first', async (t) => {
  const here = await world(t);
  await here.user('ada');
  await signIn(here);
  here.operations.length = 0;
  const missing = await failure(
    here,
    change(here.context({ stdin: `${PASSWORD}\n` }), { passwordStdin: true }),
  );
  assert.deepEqual([missing.code, here.operations], ['usage', []]);
  assert.match(missing.hint ?? '', /--new-password-stdin/);
  const wrong = here.context({
    env: { EDGE_UPLOAD_PASSWORD: 'Wrong-horse-42!', EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD },
  });
  assert.equal((await failure(here, change(wrong, {}))).code, 'sign_in_refused');
  const stdin = `${PASSWORD}\n${NEW_PASSWORD}\n`;
  await run(here, change(here.context({ stdin }), { passwordStdin: true, newPasswordStdin: true }));
  await signIn(here, NEW_PASSWORD);
});

test('refuses a change without a sign-in', async (t) => {
  const here = await world(t);
  const env = {
    EDGE_UPLOAD_URL: here.url,
    EDGE_UPLOAD_PASSWORD: PASSWORD,
    EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD,
  };
  const error = await failure(here, change(here.context({ env }), {}));
  assert.deepEqual([error.code, error.exitCode], ['not_signed_in', 4]);
});

test('resets a forgotten password; asks again after a wrong code or a weak password', async (t) => {
  const here = await world(t, { pool: { Policies: { PasswordPolicy: { MinimumLength: 16 } } } });
  await here.user('ada', VERIFIED);
  const context = here.context({
    person: {
      'User name': 'ada',
      'Code sent to a***@e***': ['000000', () => sentCode(here)],
      'New password again': ['Short-horse-42!', NEW_PASSWORD],
      'New password': ['Short-horse-42!', NEW_PASSWORD],
    },
  });
  const { text } = await run(here, reset(context, { url: here.url }));
  assert.match(text ?? '', new RegExp(`edge-upload login ${here.url} --username ada`));
  assert.equal(here.operations.filter((name) => name === 'ForgotPassword').length, 1);
  await signIn(here, NEW_PASSWORD);
});

test('uses a code that an operator requested, and requests no other', async (t) => {
  const here = await world(t);
  await here.user('ada', VERIFIED);
  await here.setup.sdk.adminResetUserPassword({ UserPoolId: here.setup.UserPoolId, Username: 'ada' });
  const refused = await failure(here, signIn(here));
  assert.match(refused.hint ?? '', /password reset --have-code/);
  here.operations.length = 0;
  const flags = { url: here.url, username: 'ada', haveCode: true, newPasswordStdin: true };
  const missing = await failure(here, reset(here.context({ stdin: `${NEW_PASSWORD}\n` }), flags));
  assert.deepEqual([missing.code, here.operations], ['usage', []]);
  assert.match(missing.hint ?? '', /--code-stdin/);
  const stdin = `${NEW_PASSWORD}\n${sentCode(here)}\n`;
  await run(here, reset(here.context({ stdin }), { ...flags, codeStdin: true }));
  assert.deepEqual(here.operations, ['ConfirmForgotPassword']);
  await signIn(here, NEW_PASSWORD);
});

test('names whom to ask if the user has no verified address or no password', async (t) => {
  const here = await world(t);
  await here.user('ada');
  await here.user('bob', { temporary: true, ...VERIFIED });
  for (const username of ['ada', 'bob']) {
    const context = here.context({ person: {} });
    const error = await failure(here, reset(context, { url: here.url, username }));
    assert.equal(error.exitCode, 4, username);
    assert.match(error.hint ?? '', /user reset/, username);
  }
});

test('reports that the password may have changed if the first response was lost', async (t) => {
  const here = await world(t);
  await here.user('ada', VERIFIED);
  await signIn(here);
  here.lose('ChangePassword');
  const env = { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD };
  const changed = await failure(here, change(here.context({ env }), {}));
  assert.equal(changed.code, 'gave_up');
  assert.match(changed.message, /may have changed the password of ada/);
  assert.match(String(changed.hint), /new password, then the old one/);
  await signIn(here, NEW_PASSWORD);

  here.lose('ConfirmForgotPassword');
  const context = here.context({
    person: { Code: () => sentCode(here), 'New password': PASSWORD },
  });
  const again = await failure(here, reset(context, { url: here.url, username: 'ada' }));
  assert.equal(again.code, 'gave_up');
  assert.deepEqual(context.prompts.filter((prompt) => prompt.startsWith('Code')).length, 1);
  await signIn(here);
});
