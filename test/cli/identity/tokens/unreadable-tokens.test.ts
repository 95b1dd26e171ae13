import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { forget, list } from '../../../../cli/commands/deployments.ts';
import { login } from '../../../../cli/commands/login.ts';
import { logout } from '../../../../cli/commands/logout.ts';
import { token } from '../../../../cli/commands/token.ts';
import { whoami } from '../../../../cli/commands/whoami.ts';
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

for (const [kind, spoil] of Object.entries(UNREADABLE)) {
  test(`a token file ${kind} does not keep others from their sign-in`, async (t) => {
    const here = await world(t);
    const ada = await signedIn(here, 'ada');
    const bob = await signedIn(here, 'bob');
    await spoil(bob);
    const before = await readFile(bob, 'utf8');

    const context = here.context();
    const { document } = await run(here, whoami(context, {}));
    assert.equal(document.username, 'ada');
    const warnings = context.events.filter(({ type }) => type === 'warning');
    assert.equal(warnings.length, 1, 'once a command');
    assert.match(JSON.stringify(warnings), /The sign-in of ada is used\./);

    const chosen = here.context({ env: { EDGE_UPLOAD_USERNAME: 'ada' } });
    await run(here, token(chosen, {}), { tokenOut: true });
    assert.deepEqual(
      chosen.events.filter(({ type }) => type === 'warning'),
      [],
      'ada was chosen',
    );
    const asBob = here.context({ env: { EDGE_UPLOAD_USERNAME: 'bob' } });
    assert.match((await failure(here, token(asBob, {}))).message, /tokens/);

    const listed = await run(here, list(here.context()));
    assert.match(JSON.stringify(listed.document), /"users":\["ada"\]/);

    const out = await run(here, logout(here.context()));
    assert.deepEqual([out.document.username, out.document.revoked], ['ada', true]);
    assert.equal(existsSync(ada), false);
    assert.equal(await readFile(bob, 'utf8'), before, 'left alone');
    const error = await failure(here, logout(here.context()));
    assert.ok(['settings', 'not_signed_in'].includes(error.code), 'nobody is reported as signed out');
  });
}

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
  assert.match(JSON.stringify(context.events), /It is deleted, and its sign-in is not revoked/);
});
