import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { forget, list } from '../../../../cli/commands/deployments.ts';
import { login } from '../../../../cli/commands/login.ts';
import { logout } from '../../../../cli/commands/logout.ts';
import { token } from '../../../../cli/commands/token.ts';
import { whoami } from '../../../../cli/commands/whoami.ts';
import { readAccessToken } from '../../../../cli/identity/tokens/access-token.ts';
import { tokenSource } from '../../../../cli/identity/tokens/token-source.ts';
import { failure, type KeptFile, PASSWORD, run, type World, world } from '../helpers/world.ts';

async function signedIn(here: World, username: string): Promise<string> {
  await here.user(username);
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  const { document } = await run(here, login(context, { url: here.url, username }));
  const file = String(document.tokens);
  const { accessToken, refreshToken } = JSON.parse(await readFile(file, 'utf8')) as KeptFile;
  here.secret(accessToken, refreshToken);
  return file;
}

/** Ways in which another user's tokens cannot be read. */
const UNREADABLE: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'of a newer version': (file) => writeFile(file, '{"version":3,"boxed":"x"}'),
  'sealed with a key that is unavailable': (file) =>
    writeFile(file, '{"version":2,"url":"https://d1.example","sealed":"eA=="}'),
  'in another place': async (file) => {
    await rename(file, `${file}.real`);
    await symlink(`${file}.real`, file);
  },
};

const warningsOf = (context: ReturnType<World['context']>) =>
  context.events.filter(({ type }) => type === 'warning');

/** Signs in ada, then bob, whose file then cannot be read. */
async function withoutBob(here: World, spoil: (file: string) => Promise<void>) {
  const ada = await signedIn(here, 'ada');
  const bob = await signedIn(here, 'bob');
  await spoil(bob);
  return { ada, bob };
}

for (const [kind, spoil] of Object.entries(UNREADABLE)) {
  test(`uses the sign-in that EDGE_UPLOAD_USERNAME names beside a token file ${kind}`, async (t) => {
    const here = await world(t);
    const { ada, bob } = await withoutBob(here, spoil);
    const before = await readFile(bob, 'utf8');
    const as = (username: string) => here.context({ env: { EDGE_UPLOAD_USERNAME: username } });

    const chosen = as('ada');
    await run(here, token(chosen, {}), { tokenOut: true });
    assert.deepEqual(warningsOf(chosen), [], 'ada was chosen');
    assert.match((await failure(here, token(as('bob'), {}))).message, /tokens/);
    const eve = await failure(here, token(as('eve'), {}));
    assert.equal(eve.code, 'not_signed_in');
    assert.match(eve.message, /^No readable sign-in of eve to /);

    const context = here.context();
    const listed = await run(here, list(context));
    assert.match(JSON.stringify(listed.document), /"users":\["ada"\]/);
    assert.equal(warningsOf(context).length, 1);

    for (const everywhere of [false, true]) {
      const error = await failure(here, logout(here.context(), { everywhere }));
      assert.match(error.hint ?? '', /EDGE_UPLOAD_USERNAME=ada$/);
    }
    assert.equal(existsSync(ada), true, 'no other user is signed out');
    const out = await run(here, logout(as('ada')));
    assert.deepEqual([out.document.username, out.document.revoked], ['ada', true]);
    assert.equal(existsSync(ada), false);
    assert.equal(await readFile(bob, 'utf8'), before, 'left alone');
    const error = await failure(here, logout(here.context()));
    assert.ok(['settings', 'not_signed_in'].includes(error.code), 'nobody is reported as signed out');
  });

  test(`a long command does not change its user when a token file becomes one ${kind}`, async (t) => {
    const here = await world(t);
    await signedIn(here, 'ada');
    here.setup.advance(1_000);
    const bob = await signedIn(here, 'bob');
    const tokens = tokenSource(here.context(), { url: here.url });
    assert.equal(readAccessToken(await tokens.current())?.username, 'bob');
    await spoil(bob);
    here.setup.advance(3_600_000);
    assert.match((await failure(here, tokens.current())).message, /tokens/);
  });

  if (kind === 'of a newer version') continue;
  test(`does not run as another user beside a token file ${kind}`, async (t) => {
    const here = await world(t);
    await withoutBob(here, spoil);
    const error = await failure(here, token(here.context(), {}));
    assert.match(error.message, /tokens/);
    assert.match(error.hint ?? '', /\nOr use the sign-in of ada: set EDGE_UPLOAD_USERNAME=ada$/);
  });
}

test('runs as the other user beside a token file of a newer version, with one warning', async (t) => {
  const here = await world(t);
  await withoutBob(here, (file) => writeFile(file, '{"version":3,"boxed":"x"}'));
  const context = here.context();
  const { document } = await run(here, whoami(context, {}));
  assert.equal(document.username, 'ada');
  assert.equal(warningsOf(context).length, 1, 'one warning per command');
  assert.match(JSON.stringify(warningsOf(context)), /The sign-in of ada is used\./);
});

test('deployments list warns once of several token files with one reason', async (t) => {
  const here = await world(t);
  const spoil = (file: string) => writeFile(file, '{"version":2,"url":"https://d1.example","sealed":"eA=="}');
  const { ada } = await withoutBob(here, spoil);
  await spoil(ada);
  const context = here.context();
  await run(here, list(context));
  assert.equal(warningsOf(context).length, 1);
  assert.match(JSON.stringify(warningsOf(context)), /Unlock the keyring, or sign in again/);
});

test('names a token file of a newer version, and how to read it', async (t) => {
  const here = await world(t);
  await signedIn(here, 'ada');
  const bob = await signedIn(here, 'bob');
  await UNREADABLE['of a newer version']?.(bob);
  const context = here.context();
  await run(here, token(context, {}), { tokenOut: true });
  const [text] = context.events.flatMap((event) => (event.type === 'warning' ? [event.text] : []));
  assert.deepEqual(text?.split('\n').slice(0, 3), [
    `${bob} cannot be read: a newer version of edge-upload wrote it. The sign-in of ada is used.`,
    'Update this one:',
    '  npm install --global edge-upload',
  ]);
});

test('deployments forget deletes tokens that it cannot read, and warns that they are not revoked', async (t) => {
  const here = await world(t);
  await signedIn(here, 'ada');
  const bob = await signedIn(here, 'bob');
  await UNREADABLE['of a newer version']?.(bob);
  const context = here.context();
  const { document } = await run(here, forget(context, { name: new URL(here.url).host }));
  assert.deepEqual(document.signedOut, ['ada']);
  assert.equal(existsSync(bob), false);
  assert.match(JSON.stringify(context.events), /The tokens are deleted, and their sign-in is not revoked/);
});
