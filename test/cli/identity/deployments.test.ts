import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { forget, list, use } from '../../../cli/commands/deployments.ts';
import { login } from '../../../cli/commands/login.ts';
import { whoami } from '../../../cli/commands/whoami.ts';
import { listDeployments, rememberDeployment } from '../../../cli/settings/deployments.ts';
import { flatText } from '../../support/flat.ts';
import { failure, PASSWORD, run, type World, world } from './helpers/world.ts';

const OTHER = {
  name: 'elsewhere.example',
  url: 'https://elsewhere.example',
  region: 'us-east-1',
  userPoolId: 'us-east-1_Other',
  clientId: 'otherclient',
};

async function signedIn(here: World) {
  await here.user('ada');
  const context = here.context({ env: { EDGE_UPLOAD_PASSWORD: PASSWORD } });
  return run(here, login(context, { url: here.url, username: 'ada' }));
}

test('deployments list shows known deployments, their users and the current one', async (t) => {
  const here = await world(t);
  assert.match(flatText((await list(here.context())).text), /login <url>/);
  await signedIn(here);
  await rememberDeployment(here.context(), OTHER);
  const { document, text } = await run(here, list(here.context()));
  const name = new URL(here.url).host;
  const known = { current: false, local: false, operated: false };
  assert.deepEqual(document.deployments, [
    { ...known, name, url: here.url, users: ['ada'], signedIn: [{ username: 'ada', issuer: 'cognito' }] },
    { ...known, name: OTHER.name, url: OTHER.url, current: true, users: [], signedIn: [] },
  ]);
  assert.match(text ?? '', new RegExp(`^  ${name}\n    signed in: ada\n\\* elsewhere\\.example\n`));
});

test('deployments use selects a deployment by name or address, and later commands print it', async (t) => {
  const here = await world(t);
  await signedIn(here);
  const alone = here.context();
  await run(here, whoami(alone, {}));
  assert.ok(!JSON.stringify(alone.events).includes('Deployment:'), 'the only deployment is not mentioned');

  await rememberDeployment(here.context(), OTHER);
  const host = new URL(here.url).host;
  for (const name of [host, here.url]) {
    await use(here.context(), { name: OTHER.name });
    await run(here, use(here.context(), { name }));
    const context = here.context();
    await run(here, whoami(context, {}));
    assert.match(JSON.stringify(context.events), new RegExp(`Deployment: ${host}, the one used last`));
  }
  const error = await failure(here, use(here.context(), { name: 'nowhere' }));
  assert.deepEqual([error.code, error.exitCode], ['no_deployment', 2]);
  assert.match(error.hint ?? '', /deployments list/);
});

test('deployments forget signs all users out on this computer', async (t) => {
  const here = await world(t);
  const { document: kept } = await signedIn(here);
  here.operations.length = 0;
  const { document } = await run(here, forget(here.context(), { name: new URL(here.url).host }));
  assert.deepEqual([document.forgotten, document.signedOut], [true, ['ada']]);
  assert.deepEqual(here.operations, ['RevokeToken']);
  assert.equal(existsSync(String(kept.tokens)), false);
  assert.deepEqual(await listDeployments(here.context()), []);
});

test('deployments forget keeps the operator’s stack, and prints how to use it again', async (t) => {
  const here = await world(t);
  await here.operate();
  const local = await run(here, forget(here.context(), { name: 'studio' }));
  assert.match(
    local.text ?? '',
    /The stack is not deleted\. .*\n {2}edge-upload deploy --local --stack-name studio$/,
  );
  await rememberDeployment(here.context(), { ...OTHER, bucket: 'bucket' });
  const onAws = await run(here, forget(here.context(), { name: OTHER.name }));
  assert.match(
    onAws.text ?? '',
    /The stack is not deleted\. .*\n {2}edge-upload login https:\/\/elsewhere\.example\n {2}edge-upload status --stack-name elsewhere\.example$/,
  );
});
