import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { serve } from '../../../support/serve.ts';
import { openRoom } from '../support.ts';

const run = promisify(execFile);

async function openCli(t: TestContext) {
  const version = await run('aws', ['--version']).catch(() => undefined);
  if (version === undefined) return t.skip('the AWS CLI is not installed');
  const room = await openRoom(t);
  const endpoint = await serve(t, room.handle);
  const env = {
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const aws = async (...args: string[]) => {
    const { stdout } = await run('aws', ['--endpoint-url', endpoint, '--output', 'json', 'lambda', ...args], {
      env,
    });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  return { room, aws };
}

test('the AWS CLI reads and deletes functions', async (t) => {
  const cli = await openCli(t);
  if (cli === undefined) return;
  const { room, aws } = cli;
  await room.publish('exports.handler = async () => 1', { FunctionName: 'named' });
  assert.equal((await aws('get-function', '--function-name', 'named')).Configuration.Runtime, 'nodejs24.x');
  const { Versions } = await aws('list-versions-by-function', '--function-name', 'named');
  assert.deepEqual(
    Versions.map(({ Version }: { Version: string }) => Version),
    ['$LATEST', '1'],
  );
  assert.equal((await aws('list-functions')).Functions.length, 1);
  await aws('delete-function', '--function-name', 'named', '--qualifier', '1');
  await aws('delete-function', '--function-name', 'named');
  await assert.rejects(aws('get-function', '--function-name', 'named'), {
    stderr:
      /An error occurred \(ResourceNotFoundException\) when calling the GetFunction operation: Function not found: arn:/,
  });
  const { AccountLimit } = await aws('get-account-settings');
  assert.equal(AccountLimit.ConcurrentExecutions, 1000);
  await assert.rejects(aws('list-layers'), {
    stderr: /\(UnknownOperationException\).*GET \/2018-10-31\/layers/,
  });
});
