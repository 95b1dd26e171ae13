import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { CognitoIdentityProvider, paginateListUsers } from '@aws-sdk/client-cognito-identity-provider';
import { workerArgs } from '../../support/run/worker.ts';
import { setUp } from './harness.ts';
import { adminSignIn } from './sign-in.ts';

const TEMPORARY = 'Temporary-1!';

test('keeps every confirmed call after kill -9 in the middle of writing', async (t) => {
  const setup = await setUp(t);
  const child = spawn(process.execPath, workerArgs('test/local/cognito/serve', setup.dataDir), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [port] = await once(child.stdout, 'data');
  const sdk = new CognitoIdentityProvider({
    endpoint: `http://127.0.0.1:${String(port).trim()}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  t.after(() => sdk.destroy());

  const answered: string[] = [];
  const create = async (name: string) => {
    await sdk.adminCreateUser({
      UserPoolId: setup.UserPoolId,
      Username: name,
      TemporaryPassword: TEMPORARY,
      MessageAction: 'SUPPRESS',
    });
    answered.push(name);
    if (answered.length === 20) child.kill('SIGKILL');
  };
  // Each writer continues until its connection breaks, so that calls are under way at the kill.
  let next = 0;
  const writer = async () => {
    for (;;) await create(`user-${next++}`);
  };
  const ended = await Promise.allSettled(Array.from({ length: 8 }, writer));
  assert.ok(ended.every(({ status }) => status === 'rejected'));
  assert.ok(answered.length >= 20);

  setup.restart();
  const stored: string[] = [];
  for await (const { Users = [] } of paginateListUsers(
    { client: setup.sdk },
    { UserPoolId: setup.UserPoolId },
  )) {
    stored.push(...Users.map(({ Username }) => Username ?? ''));
  }
  for (const name of answered) assert.ok(stored.includes(name), `${name} is lost`);
  for (const name of [answered[0] ?? '', answered.at(-1) ?? '']) {
    assert.equal((await adminSignIn(setup, name, TEMPORARY)).ChallengeName, 'NEW_PASSWORD_REQUIRED');
  }
});
