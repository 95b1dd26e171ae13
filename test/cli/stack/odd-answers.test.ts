import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { Agent } from 'undici';
import { listUsers } from '../../../cli/identity/users/directory.ts';
import { guardDefect } from '../../../cli/stack/checks/edge-probe.ts';
import { findStack } from '../../../cli/stack/find-stack.ts';
import type { StackWork } from '../../../cli/stack/stack-work.ts';
import { withCode } from '../transfer/helpers/uploading.ts';

const { signal } = new AbortController();

async function floodingServer(t: TestContext, status: number): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status);
    const flood = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the probe of an edge does not wait for the end of an answer that has none', async (t) => {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const url = await floodingServer(t, 401);
  assert.equal(await guardDefect(url, { dispatcher, signal }), undefined);
});

test('an answer without a stack is not taken for the word that there is none', async () => {
  for (const answer of [{}, { Stacks: [] }, { Stacks: [{}] }, { Stacks: [{ StackName: 'a' }] }]) {
    const cloudformation = { send: async () => answer };
    const work = { clients: { cloudformation }, stackName: 'a' } as unknown as StackWork;
    await assert.rejects(findStack(work), withCode('aws', /describes no stack/, /AWS_ENDPOINT_URL/));
  }
});

test('users that are described as Cognito does not are refused, and odd dates left out', async () => {
  const list = async (user: unknown) => {
    const cognito = { send: async () => ({ Users: [user] }) } as unknown as CognitoIdentityProviderClient;
    const found = [];
    for await (const one of listUsers({ cognito, userPoolId: 'p', signal }, {})) found.push(one);
    return found;
  };
  for (const user of [
    {},
    { Username: 5 },
    { Username: 'ada', Attributes: [null] },
    { Username: 'ada', Attributes: 'x' },
    { Username: 'ada', Attributes: [{ Name: 'email', Value: {} }] },
  ]) {
    await assert.rejects(list(user), withCode('aws', /in place of Cognito/));
  }
  const [ada] = await list({ Username: 'ada', UserCreateDate: new Date(Number.NaN) });
  assert.equal(ada?.created, undefined);
});
