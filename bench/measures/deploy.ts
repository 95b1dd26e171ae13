import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  type StackEvent,
} from '@aws-sdk/client-cloudformation';
import { clientConfig } from '../../test/e2e/harness.ts';
import { costOf } from '../cost.ts';
import { median, valuesOf } from '../figures.ts';
import type { Measure } from '../measure.ts';
import { edgeUpload } from '../programs.ts';
import { inRounds } from '../rounds.ts';

/** Returns the sum of the durations of all operations on the stack, in seconds. */
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

/** A first `deploy`, without CloudFormation's time: the time of the tool itself. */
export const deploy: Measure = async ({ stage, rounds = 7, onReading }) => {
  const { env, home } = stage.computer;
  const client = new CloudFormationClient(clientConfig(stage.cloud));
  let number = 0;
  const once = async () => {
    number += 1;
    const stack = ['--stack-name', `bench-${number}`];
    const cost = await costOf(edgeUpload(env, 'deploy', '--local', '--yes', '--quiet', ...stack), home);
    const { StackEvents = [] } = await client.send(
      new DescribeStackEventsCommand({ StackName: `bench-${number}` }),
    );
    await costOf(edgeUpload(env, 'destroy', '--yes', '--quiet', ...stack), home);
    return { ...cost, wall: (cost.wall ?? Number.NaN) - operationSeconds(StackEvents) };
  };
  try {
    const series = await inRounds(rounds, { 'deploy, its own time': { run: once } }, onReading);
    const value = median(series.flatMap((one) => valuesOf(one, 'wall')));
    return { series, goals: [{ what: 'wall time', value, unit: 'seconds', atMost: 0.8 }] };
  } finally {
    client.destroy();
  }
};
