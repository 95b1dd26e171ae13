import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { credentialsOf } from '../../test/e2e/harness.ts';
import type { Measure } from '../measure.ts';
import { inRounds } from '../pairs.ts';
import { edgeUpload, timed } from '../programs.ts';
import { bounds, inSeconds } from '../table.ts';

/** Seconds between the beginning and the end of each operation on the stack, added up. */
function operationSeconds(events: readonly StackEvent[]): number {
  const inOrder = events
    .filter(({ PhysicalResourceId, StackId }) => PhysicalResourceId === StackId)
    .map(({ ResourceStatus = '', Timestamp }) => ({ status: ResourceStatus, at: Timestamp?.getTime() ?? 0 }))
    .sort((one, other) => one.at - other.at);
  let seconds = 0;
  let began: number | undefined;
  for (const { status, at } of inOrder) {
    if (/^(CREATE|UPDATE)_IN_PROGRESS$/.test(status)) began ??= at;
    if (began === undefined || !/^(CREATE|UPDATE)_COMPLETE$/.test(status)) continue;
    seconds += (at - began) / 1000;
    began = undefined;
  }
  return seconds;
}

/** A first `deploy`, without what CloudFormation takes: what the tool itself adds. */
export const deploy: Measure = async ({ stage, rounds = 5, onValue }) => {
  const { env, home } = stage.computer;
  const client = new CloudFormationClient({
    endpoint: stage.cloud.endpoint,
    region: 'us-east-1',
    credentials: credentialsOf(stage.cloud),
  });
  let number = 0;
  const once = async () => {
    number += 1;
    const stack = ['--stack-name', `bench-${number}`];
    const seconds = await timed(edgeUpload(env, 'deploy', '--local', '--yes', '--quiet', ...stack), home);
    const { StackEvents = [] } = await client.send(
      new DescribeStackEventsCommand({ StackName: `bench-${number}` }),
    );
    await timed(edgeUpload(env, 'destroy', '--yes', '--quiet', ...stack), home);
    return seconds - operationSeconds(StackEvents);
  };
  try {
    const [own] = await inRounds(rounds, { 'deploy, its own time': once }, onValue);
    if (own === undefined) throw new Error('nothing was measured');
    return bounds([{ name: own.name, value: inSeconds(own.median), asked: '≤ 3 s', held: own.median <= 3 }]);
  } finally {
    client.destroy();
  }
};
