import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { login } from '../../../../cli/commands/login.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { listDeployments } from '../../../../cli/settings/deployments.ts';
import { resolveTarget } from '../../../../cli/settings/target.ts';
import { failure, type KeptFile, NEW_PASSWORD, PASSWORD, run, type World, world } from '../helpers/world.ts';

const REQUIRED_NAME = { Schema: [{ Name: 'name', Required: true, Mutable: true }] };

async function keptBy(result: { document: { [name: string]: unknown } }): Promise<KeptFile> {
  return JSON.parse(await readFile(String(result.document.tokens), 'utf8'));
}

function signIn(here: World, env: Record<string, string> = {}, username = 'ada') {
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD, ...env } });
  return login(context, { url: here.url, username });
}

test('signs in by SRP, stores tokens that the edge accepts, and remembers the deployment', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const result = await run(here, signIn(here));
  const { document, text } = result;
  assert.deepEqual([document.username, document.url, document.groups], ['ada', here.url, []]);
  assert.match(text ?? '', /Signed in .* as ada/);
  assert.deepEqual(here.operations, ['InitiateAuth', 'RespondToAuthChallenge']);

  const kept = await keptBy(result);
  const claims = await (await here.setup.verifier('access')).verify(kept.accessToken);
  assert.equal(claims.username, 'ada');
  assert.equal(kept.expiresAt, document.expiresAt);

  const [deployment] = await listDeployments(here.context());
  assert.deepEqual(deployment, {
    name: new URL(here.url).host,
    url: here.url,
    region: 'us-east-1',
    userPoolId: here.setup.UserPoolId,
    clientId: here.setup.ClientId,
  });
});

test('sends the password to nobody, and stores it nowhere', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const sent: string[] = [];
  here.intercept((_operation, body) => void sent.push(body));
  const result = await signIn(here);
  const wires = [...sent, ...here.edgeRequests.map((one) => JSON.stringify(one))];
  assert.ok(sent.length === 2 && here.edgeRequests.length === 2);
  const folder = dirname(String(result.document.tokens));
  for (const name of await readdir(folder)) wires.push(await readFile(`${folder}/${name}`, 'utf8'));
  for (const wire of wires) assert.ok(!wire.includes(PASSWORD));
});

test('stores tokens that only their owner can read', {
  skip: process.platform === 'win32' ? 'Windows has no modes' : false,
}, async (t) => {
  const here = await world(t);
  await here.user('ada');
  const { document } = await signIn(here);
  const file = String(document.tokens);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(dirname(file))).mode & 0o777, 0o700);
});

/** A stricter password policy than that of `deploy`. */
const STRICT = { Policies: { PasswordPolicy: { MinimumLength: 16 } } };

test('asks for missing values at a terminal, the password after the edge’s response', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const context = here.context({ person: { 'User name': 'ada', Password: PASSWORD } });
  await run(here, login(context, { url: here.url }));
  assert.deepEqual(context.prompts, ['User name', 'Password']);

  // The address is requested before the first question.
  const nobody = here.context({ person: {} });
  const error = await failure(here, login(nobody, { url: 'http://127.0.0.1:1' }));
  assert.equal(error.code, 'unreachable');
});

test('reports a missing answer of a script before any credential is sent', async (t) => {
  const here = await world(t);
  const noName = await failure(here, login(here.context(), { url: here.url }));
  assert.equal(noName.code, 'usage');
  assert.match(noName.hint ?? '', /--username/);
  const noPassword = await failure(here, login(here.context(), { url: here.url, username: 'ada' }));
  assert.equal(noPassword.code, 'usage');
  assert.match(noPassword.hint ?? '', /--password-stdin/);
  assert.deepEqual(here.operations, []);
  assert.ok(here.edgeRequests.every(({ authorization }) => authorization === undefined));
});

test('reads the password from the first line of standard input, with any line end', async (t) => {
  const here = await world(t);
  await here.user('ada');
  for (const stdin of [PASSWORD, `${PASSWORD}\n`, `${PASSWORD}\r\nmore`]) {
    const context = here.context({ stdin });
    const { document } = await run(
      here,
      login(context, { url: here.url, username: 'ada', passwordStdin: true }),
    );
    assert.equal(document.username, 'ada');
  }
  const empty = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD }, stdin: '' });
  const error = await failure(here, login(empty, { url: here.url, username: 'ada', passwordStdin: true }));
  assert.deepEqual([error.code, error.exitCode], ['usage', 2]);
});

test('refuses a wrong password and an unknown user alike with exit code 4', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const wrong = await failure(here, signIn(here, { EDGE_UPLOAD_PASSWORD: 'Wrong-horse-42!' }));
  const unknown = await failure(here, signIn(here, {}, 'nobody'));
  assert.deepEqual([wrong.code, wrong.exitCode, unknown.code], ['sign_in_refused', 4, 'sign_in_refused']);
  assert.match(wrong.message, /Incorrect username or password/);
  assert.equal(wrong.message.replace('ada', ''), unknown.message.replace('nobody', ''));
  assert.equal(existsSync(here.env.XDG_STATE_HOME ?? ''), false);
  assert.deepEqual(await listDeployments(here.context()), []);
});

test('replaces a temporary password by one from standard input', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const context = here.context({ stdin: `${PASSWORD}\n${NEW_PASSWORD}\n` });
  await run(
    here,
    login(context, { url: here.url, username: 'ada', passwordStdin: true, newPasswordStdin: true }),
  );
  await run(here, signIn(here, { EDGE_UPLOAD_PASSWORD: NEW_PASSWORD }));
});

test('replaces a temporary password by one from the environment', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  await run(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD }));
  assert.equal((await failure(here, signIn(here))).code, 'sign_in_refused');
});

test('names the flag if a script has no new password; the temporary one stays valid', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const error = await failure(here, signIn(here));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /--new-password-stdin/);
  await run(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD }));
});

test('asks twice for the new password, and again if the pool refuses it', async (t) => {
  const here = await world(t, { pool: STRICT });
  const refused = 'Short-horse-42!';
  await here.user('ada', { temporary: true });
  const context = here.context({
    person: {
      Password: PASSWORD,
      // The first of the two can be the mistyped one, so `login` asks for both again.
      'New password again': [refused, 'Other-horse-9!', NEW_PASSWORD],
      // The first two break the rules that the question shows.
      'New password': ['weakling', `${NEW_PASSWORD} `, refused, `${NEW_PASSWORD}?`, NEW_PASSWORD],
    },
  });
  await run(here, login(context, { url: here.url, username: 'ada' }));
  assert.match(JSON.stringify(context.events), /at least 12 characters/);
  assert.deepEqual(context.prompts, [
    'Password',
    'New password',
    'New password',
    'New password',
    'New password again',
    'New password',
    'New password again',
    'New password',
    'New password again',
  ]);
  const warnings = context.events.filter(({ type }) => type === 'warning');
  assert.equal(warnings.length, 1);
  assert.match(JSON.stringify(warnings), /did not conform with policy/);
  await run(here, signIn(here, { EDGE_UPLOAD_PASSWORD: NEW_PASSWORD }));
});

test('shows a script the reason if the pool refuses the new password', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const error = await failure(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: 'weakling' }));
  assert.deepEqual([error.code, error.exitCode], ['password_rejected', 4]);
  assert.match(error.message, /did not conform with policy/);
});

test('reports an expired temporary password with the command that renews it', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  here.setup.advance(8 * 86_400_000);
  const error = await failure(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD }));
  assert.equal(error.code, 'sign_in_refused');
  assert.match(error.message, /expired/);
  assert.match(error.hint ?? '', /operator/);
});

test('takes missing required attributes from --attribute', async (t) => {
  const here = await world(t, { pool: REQUIRED_NAME });
  await here.user('ada', { temporary: true });
  const context = here.context({
    env: { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD },
  });
  await run(here, login(context, { url: here.url, username: 'ada', attributes: { name: 'Ada Lovelace' } }));
  const { UserAttributes } = await here.setup.sdk.adminGetUser({
    UserPoolId: here.setup.UserPoolId,
    Username: 'ada',
  });
  assert.equal(UserAttributes?.find(({ Name }) => Name === 'name')?.Value, 'Ada Lovelace');
});

test('asks for missing required attributes at a terminal, and names them to a script', async (t) => {
  const here = await world(t, { pool: REQUIRED_NAME });
  await here.user('ada', { temporary: true });
  const error = await failure(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD }));
  assert.equal(error.code, 'usage');
  assert.match(error.hint ?? '', /--attribute name=/);
  const context = here.context({
    person: { Password: PASSWORD, 'New password': NEW_PASSWORD, "The user's name": 'Ada' },
  });
  await run(here, login(context, { url: here.url, username: 'ada' }));
});

test('starts again if the session expires during typing, and asks nothing twice', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  const context = here.context({ person: { Password: PASSWORD, 'New password': NEW_PASSWORD } });
  let slow = true;
  here.intercept((_operation, body) => {
    if (slow && body.includes('NEW_PASSWORD_REQUIRED')) {
      slow = false;
      here.setup.advance(16 * 60_000);
    }
    return undefined;
  });
  await run(here, login(context, { url: here.url, username: 'ada' }));
  assert.deepEqual(context.prompts, ['Password', 'New password', 'New password again']);
  assert.equal(here.operations.filter((name) => name === 'InitiateAuth').length, 2);
});

test('retries only once after a refusal that looks like an expired session', async (t) => {
  const here = await world(t);
  await here.user('ada', { temporary: true });
  here.intercept((_operation, body) =>
    body.includes('NEW_PASSWORD_REQUIRED')
      ? {
          status: 400,
          body: { __type: 'NotAuthorizedException', message: 'Cannot modify an already provided email' },
        }
      : undefined,
  );
  const error = await failure(here, signIn(here, { EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD }));
  assert.match(error.message, /already provided email/);
  assert.equal(here.operations.filter((name) => name === 'InitiateAuth').length, 2);
});

test('refuses an unknown challenge by name', async (t) => {
  const here = await world(t);
  await here.user('ada');
  here.intercept((operation) =>
    operation === 'RespondToAuthChallenge'
      ? {
          status: 200,
          body: { ChallengeName: 'WEB_AUTHN', ChallengeParameters: {}, Session: 's'.repeat(20) },
        }
      : undefined,
  );
  const error = await failure(here, signIn(here));
  assert.deepEqual([error.code, error.exitCode], ['challenge_unsupported', 4]);
  assert.match(error.message, /WEB_AUTHN/);
  assert.match(error.hint ?? '', /operator/);
});

test('treats names of Object.prototype as unknown challenges and errors', async (t) => {
  const here = await world(t);
  await here.user('ada');
  for (const name of ['constructor', '__proto__', 'toString']) {
    here.intercept(() => ({ status: 200, body: { ChallengeName: name, Session: 's'.repeat(20) } }));
    const unknown = await failure(here, signIn(here));
    assert.deepEqual([unknown.code, unknown.exitCode], ['challenge_unsupported', 4]);
    assert.match(unknown.hint ?? '', /operator/);
    here.intercept(() => ({ status: 400, body: { __type: name, message: 'no' } }));
    const failed = await failure(here, signIn(here));
    assert.deepEqual([failed.code, failed.exitCode], ['aws', 8]);
  }
});

test('gives up after too many challenges', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const body = {
    ChallengeName: 'PASSWORD_VERIFIER',
    Session: 's'.repeat(20),
    ChallengeParameters: { SALT: 'ab', SRP_B: 'a'.repeat(700), SECRET_BLOCK: 'AAAA', USER_ID_FOR_SRP: 'ada' },
  };
  here.intercept(() => ({ status: 200, body }));
  const error = await failure(here, signIn(here));
  assert.deepEqual([error.code, error.exitCode], ['challenge_unsupported', 4]);
  assert.match(error.message, /after 20 answers.*PASSWORD_VERIFIER/);
});

test('sends no password proof to a server that breaks the protocol', async (t) => {
  const here = await world(t);
  await here.user('ada');
  here.intercept((operation) =>
    operation === 'InitiateAuth'
      ? {
          status: 200,
          body: {
            ChallengeName: 'PASSWORD_VERIFIER',
            ChallengeParameters: { SALT: 'ab', SRP_B: '0', SECRET_BLOCK: 'AAAA', USER_ID_FOR_SRP: 'ada' },
          },
        }
      : undefined,
  );
  assert.equal((await failure(here, signIn(here))).code, 'sign_in_refused');
  assert.deepEqual(here.operations, ['InitiateAuth']);
});

test('explains that a client does not allow SRP', async (t) => {
  const here = await world(t, { client: { ExplicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'] } });
  await here.user('ada');
  const error = await failure(here, signIn(here));
  assert.equal(error.code, 'sign_in_refused');
  assert.match(error.hint ?? '', /settings/);
});

test('reports a wrong clock if Cognito refuses because of it', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const late = () => new Date(here.setup.clock.now().getTime() - 10 * 60_000);
  const error = await failure(here, login({ ...context, now: late }, { url: here.url, username: 'ada' }));
  assert.deepEqual([error.code, error.exitCode], ['sign_in_refused', 4]);
  assert.match(error.hint ?? '', /clock/);
});

test('keeps the operator’s record of the deployment at another sign-in', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const { rememberDeployment } = await import('../../../../cli/settings/deployments.ts');
  await rememberDeployment(here.context(), {
    name: 'studio',
    url: here.url,
    region: 'us-east-1',
    userPoolId: 'us-east-1_Before000',
    clientId: 'before',
    bucket: 'studio-bucket',
  });
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const changed = await failure(here, login(context, { username: 'ada' }));
  assert.equal(changed.code, 'usage');
  assert.match(changed.hint ?? '', /--accept-issuer/);
  const asked = here.context({ person: { 'Sign in there?': 'n' } });
  const declined = await failure(here, login(asked, { username: 'ada' }));
  assert.equal(declined.code, 'sign_in_refused');
  assert.deepEqual(here.operations, [], 'no request to the other pool before the user agrees');
  const { document } = await run(here, login(context, { username: 'ada', acceptIssuer: true }));
  assert.equal(document.deployment, 'studio');
  const [deployment] = await listDeployments(context);
  assert.deepEqual(
    [deployment?.name, deployment?.bucket, deployment?.userPoolId],
    ['studio', 'studio-bucket', here.setup.UserPoolId],
  );
});

test('signs in although any one response of the user pool is lost', async (t) => {
  const lost = [
    ['InitiateAuth', ''],
    ['RespondToAuthChallenge', 'PASSWORD_VERIFIER'],
    ['RespondToAuthChallenge', 'NEW_PASSWORD_REQUIRED'],
  ] as const;
  for (const [operation, challenge] of lost) {
    const here = await world(t);
    await here.user('ada', { temporary: true });
    here.lose(operation, challenge);
    const env = { EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_NEW_PASSWORD: NEW_PASSWORD };
    const { document } = await run(here, login(here.context({ env }), { url: here.url, username: 'ada' }));
    assert.equal(document.username, 'ada', challenge);
  }
});

test('signs a script in although the response to its password is lost', async (t) => {
  const here = await world(t);
  await here.user('ada');
  const env = { EDGE_UPLOAD_USERNAME: 'ada', EDGE_UPLOAD_PASSWORD: PASSWORD, EDGE_UPLOAD_URL: here.url };
  const context = here.context({ env });
  here.lose('RespondToAuthChallenge');
  const token = await tokenSource(context, await resolveTarget(context)).current();
  here.secret(token);
  assert.equal(here.operations.filter((one) => one === 'InitiateAuth').length, 2);
});
