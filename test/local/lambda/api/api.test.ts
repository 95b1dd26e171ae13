import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  DeleteFunctionCommand,
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import type { LambdaOptions } from '../../../../local/lambda/service.ts';
import { serve } from '../../../support/serve.ts';
import { create, functionProperties, handlerOf, openRoom, ROLE, type Room } from '../support.ts';

const CODE = `exports.handler = async () => 'well';`;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:named';

async function openClient(t: TestContext, options: Partial<LambdaOptions> = {}, secretAccessKey = 'test') {
  const room = await openRoom(t, options);
  const endpoint = await serve(t, room.handle);
  const credentials = { accessKeyId: 'test', secretAccessKey };
  const clientIn = (region: string) => {
    const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
    t.after(() => client.destroy());
    return client;
  };
  return { room, client: clientIn('us-east-1'), clientIn };
}

test('describes $LATEST and versions in GetFunction and GetFunctionConfiguration', async (t) => {
  const { room, client } = await openClient(t, { now: () => new Date() });
  await create(room.resources, 'AWS::Lambda::Function', 'F', {
    ...functionProperties(CODE),
    FunctionName: 'named',
    Tags: [{ Key: 'a', Value: 'b' }],
    Description: 'mine',
  });
  await create(room.resources, 'AWS::Lambda::Version', 'V', { FunctionName: 'named' });
  const { Configuration, Tags } = await client.send(new GetFunctionCommand({ FunctionName: 'named' }));
  assert.deepEqual(Tags, { a: 'b' });
  assert.equal(Configuration?.FunctionArn, ARN);
  assert.equal(Configuration?.Version, '$LATEST');
  assert.equal(Configuration?.Role, ROLE);
  assert.equal(Configuration?.CodeSize, CODE.length);
  assert.equal(Configuration?.MemorySize, 128);
  assert.equal(Configuration?.Timeout, 3);
  assert.equal(Configuration?.Description, 'mine');
  assert.match(String(Configuration?.LastModified), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);

  for (const input of [
    { FunctionName: 'named', Qualifier: '1' },
    { FunctionName: 'named:1' },
    { FunctionName: `${ARN}:1` },
    { FunctionName: '000000000000:function:named', Qualifier: '1' },
  ]) {
    const version = await client.send(new GetFunctionConfigurationCommand(input));
    assert.equal(version.FunctionArn, `${ARN}:1`);
    assert.equal(version.Version, '1');
    assert.equal(version.CodeSha256, Configuration?.CodeSha256);
  }
});

test('has no functions in other regions', async (t) => {
  const { room, clientIn } = await openClient(t);
  await room.publish(CODE, { FunctionName: 'named' });
  const elsewhere = clientIn('us-west-2');
  await assert.rejects(elsewhere.send(new GetFunctionCommand({ FunctionName: 'named' })), {
    name: 'ResourceNotFoundException',
  });
  assert.deepEqual((await elsewhere.send(new ListFunctionsCommand({}))).Functions, []);
});

test('reports limits and usage in GetAccountSettings', async (t) => {
  const account = { concurrency: 1000 };
  const { room, client } = await openClient(t, { concurrency: () => account.concurrency });
  await room.publish(CODE);
  const { AccountLimit, AccountUsage } = await client.send(new GetAccountSettingsCommand({}));
  assert.equal(AccountLimit?.ConcurrentExecutions, 1000);
  assert.deepEqual(AccountUsage, { TotalCodeSize: 2 * CODE.length, FunctionCount: 1 });
  account.concurrency = 10;
  const small = await client.send(new GetAccountSettingsCommand({}));
  assert.equal(small.AccountLimit?.UnreservedConcurrentExecutions, 10);
});

test('reports a missing function with AWS’s error', async (t) => {
  const { room, client } = await openClient(t);
  await room.publish(CODE, { FunctionName: 'named' });
  const cases = [
    [new GetFunctionCommand({ FunctionName: 'other' }), ARN.replace('named', 'other')],
    [new GetFunctionCommand({ FunctionName: 'named', Qualifier: '7' }), `${ARN}:7`],
    [new ListVersionsByFunctionCommand({ FunctionName: 'other' }), ARN.replace('named', 'other')],
    [new DeleteFunctionCommand({ FunctionName: 'other' }), ARN.replace('named', 'other')],
    [new DeleteFunctionCommand({ FunctionName: 'other', Qualifier: '1' }), ARN.replace('named', 'other')],
  ] as const;
  for (const [command, arn] of cases) {
    await assert.rejects(client.send(command as GetFunctionCommand), {
      name: 'ResourceNotFoundException',
      message: `Function not found: ${arn}`,
      Type: 'User',
    });
  }
});

/** Publishes versions from 2 to `last` of a function that has version 1, each with its own code. */
async function publishVersions({ resources }: Room, FunctionName: string, last: number): Promise<void> {
  const version = handlerOf(resources, 'AWS::Lambda::Version');
  const update = handlerOf(resources, 'AWS::Lambda::Function');
  for (let number = 2; number <= last; number += 1) {
    const properties = {
      Code: { ZipFile: `${CODE}//${number}` },
      Handler: 'index.handler',
      Role: ROLE,
      Runtime: 'nodejs24.x',
    };
    await update.update({ physicalId: FunctionName, properties, previous: properties });
    const request = { stackName: 's', logicalId: `V${number}`, suffix: String(number).padEnd(20, 'x') };
    await version.create({ ...request, properties: { FunctionName } });
  }
}

test('pages lists', async (t) => {
  const { room, client } = await openClient(t);
  for (const name of ['b', 'a', 'named']) await room.publish(CODE, { FunctionName: name });
  await publishVersions(room, 'named', 3);

  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'named', MaxItems: 3, Marker }),
    );
    seen.push(...(page.Versions ?? []).map(({ FunctionArn }) => FunctionArn));
    Marker = page.NextMarker;
  } while (Marker);
  assert.deepEqual(seen, [`${ARN}:$LATEST`, `${ARN}:1`, `${ARN}:2`, `${ARN}:3`]);

  const { Functions = [], NextMarker } = await client.send(new ListFunctionsCommand({ MaxItems: 2 }));
  assert.deepEqual(
    Functions.map(({ FunctionName }) => FunctionName),
    ['a', 'b'],
  );
  const rest = await client.send(new ListFunctionsCommand({ Marker: NextMarker }));
  assert.deepEqual(
    rest.Functions?.map(({ FunctionName }) => FunctionName),
    ['named'],
  );
  const all = await client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL' }));
  assert.equal(all.Functions?.length, 8);
  await assert.rejects(client.send(new ListFunctionsCommand({ Marker: 'made up' })), {
    name: 'InvalidParameterValueException',
  });
});

test('skips nothing in a list although versions and functions are deleted between its pages', async (t) => {
  const { room, client } = await openClient(t);
  await room.publish(CODE, { FunctionName: 'named' });
  await publishVersions(room, 'named', 11);
  const seen: (string | undefined)[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(
      new ListVersionsByFunctionCommand({ FunctionName: 'named', MaxItems: 2, Marker }),
    );
    for (const { Version } of page.Versions ?? []) {
      seen.push(Version);
      if (Version === '$LATEST') continue;
      await client.send(new DeleteFunctionCommand({ FunctionName: 'named', Qualifier: Version }));
    }
    Marker = page.NextMarker;
  } while (Marker);
  const numbers = Array.from({ length: 11 }, (_, at) => String(at + 1));
  assert.deepEqual(seen, ['$LATEST', ...numbers]);

  for (const name of ['a', 'a-b', 'b']) await room.publish(CODE, { FunctionName: name });
  const first = await client.send(new ListFunctionsCommand({ FunctionVersion: 'ALL', MaxItems: 2 }));
  assert.deepEqual(
    first.Functions?.map(({ FunctionName, Version }) => `${FunctionName} ${Version}`),
    ['a $LATEST', 'a 1'],
  );
  await client.send(new DeleteFunctionCommand({ FunctionName: 'a' }));
  const rest = await client.send(
    new ListFunctionsCommand({ FunctionVersion: 'ALL', Marker: first.NextMarker }),
  );
  assert.deepEqual(
    rest.Functions?.map(({ FunctionName, Version }) => `${FunctionName} ${Version}`),
    ['a-b $LATEST', 'a-b 1', 'b $LATEST', 'b 1', 'named $LATEST'],
  );
});

test('deletes one version or all with DeleteFunction', async (t) => {
  const { room, client } = await openClient(t);
  const arn = await room.publish(CODE, { FunctionName: 'named' });
  assert.equal((await room.invoke(arn, {})).outcome, 'returned');
  const { $metadata } = await client.send(
    new DeleteFunctionCommand({ FunctionName: 'named', Qualifier: '1' }),
  );
  assert.equal($metadata.httpStatusCode, 204);
  assert.equal((await room.invoke(arn, {})).outcome, 'failed');
  await client.send(new DeleteFunctionCommand({ FunctionName: 'named', Qualifier: '1' }));
  await assert.rejects(
    client.send(new DeleteFunctionCommand({ FunctionName: 'named', Qualifier: '$LATEST' })),
    {
      name: 'InvalidParameterValueException',
      message: '$LATEST version cannot be deleted without deleting the function.',
    },
  );
  await client.send(new DeleteFunctionCommand({ FunctionName: 'named' }));
  await assert.rejects(client.send(new GetFunctionCommand({ FunctionName: 'named' })), {
    name: 'ResourceNotFoundException',
  });
});

test('refuses to delete a replicated version and its function', async (t) => {
  const replicated = new Set([`${ARN}:1`]);
  const { room, client } = await openClient(t, { isReplicated: (arn) => replicated.has(arn) });
  await room.publish(CODE, { FunctionName: 'named' });
  const refusal = {
    name: 'InvalidParameterValueException',
    message:
      `Lambda was unable to delete ${ARN}:1 because it is a replicated function. ` +
      'Please see our documentation for Deleting Lambda@Edge Functions and Replicas.',
  };
  await assert.rejects(client.send(new DeleteFunctionCommand({ FunctionName: 'named' })), refusal);
  await assert.rejects(
    client.send(new DeleteFunctionCommand({ FunctionName: 'named', Qualifier: '1' })),
    refusal,
  );
  await client.send(new GetFunctionCommand({ FunctionName: 'named', Qualifier: '1' }));
  replicated.clear();
  await client.send(new DeleteFunctionCommand({ FunctionName: 'named' }));
});

test('refuses other operations by name', async (t) => {
  const { room, client } = await openClient(t);
  await room.publish(CODE, { FunctionName: 'named' });
  await assert.rejects(client.send(new InvokeCommand({ FunctionName: 'named' })), {
    name: 'UnknownOperationException',
    message: 'The embedded cloud does not support the operation Invoke.',
  });
  await assert.rejects(
    client.send(new PublishVersionCommand({ FunctionName: 'named' })),
    /operation PublishVersion/,
  );
});

test('accepts only the account’s own signature', async (t) => {
  const { room, client } = await openClient(t, {}, 'wrong');
  await assert.rejects(client.send(new ListFunctionsCommand({})), { name: 'InvalidSignatureException' });
  const unsigned = await fetch(`${await serve(t, room.handle)}/2015-03-31/functions`);
  assert.equal(unsigned.status, 403);
  assert.equal(unsigned.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException');
  assert.deepEqual(await unsigned.json(), { Type: 'User', message: 'Missing Authentication Token' });
  room.options.identities.register('service', {
    secret: 'secret',
    principal: { kind: 'service', service: 'cloudfront.amazonaws.com', sourceArn: 'a', sourceAccount: 'b' },
  });
  const service = new LambdaClient({
    endpoint: await serve(t, room.handle),
    region: 'us-east-1',
    credentials: { accessKeyId: 'service', secretAccessKey: 'secret' },
  });
  t.after(() => service.destroy());
  await assert.rejects(service.send(new ListFunctionsCommand({})), { name: 'AccessDeniedException' });
});
