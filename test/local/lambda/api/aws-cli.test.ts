import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { awsCli } from '../../../support/aws-cli.ts';
import { missing } from '../../../support/programs.ts';
import { serve } from '../../../support/serve.ts';
import { openRoom } from '../support.ts';

const skip = missing('aws');

async function openCli(t: TestContext) {
  const room = await openRoom(t);
  const endpoint = await serve(t, room.handle);
  return { room, aws: awsCli(endpoint, 'lambda') };
}

test('the AWS CLI reads and deletes functions', { skip }, async (t) => {
  const { room, aws } = await openCli(t);
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
