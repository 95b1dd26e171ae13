import { deepEqual, equal, rejects } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { allEnded } from '../../../../cli/network/cancellation.ts';
import { edgeServes } from '../../../../cli/stack/checks/edge-probe.ts';
import type { StackWork } from '../../../../cli/stack/find-stack.ts';
import { emptyBucket } from '../../../../cli/stack/operate/bucket.ts';
import { follow } from '../../../../cli/stack/operate/follow.ts';
import { deleteEdgeFunction } from '../../../../cli/stack/operate/leftovers.ts';
import { withCode } from '../../transfer/helpers/uploading.ts';
import { workAgainst } from '../world.ts';

const VERSIONS =
  '<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key><VersionId>1</VersionId><Size>1</Size></Version></ListVersionsResult>';

const waitForEdge = ({ context }: StackWork) =>
  edgeServes(context, { url: String(context.env.AWS_ENDPOINT_URL), clientId: 'c' });

/** Interrupts the work during its nth request. */
async function interruptedAt(t: TestContext, number: number, run: (work: StackWork) => Promise<unknown>) {
  const asked: string[] = [];
  const { work, interruption } = await workAgainst(t, (_, path) => {
    asked.push(path);
    if (asked.length === number) interruption.abort();
    return { body: VERSIONS };
  });
  return { asked, ended: run(work) };
}

test('Ctrl-C during a request prints how to continue, and sends no other request', async (t) => {
  const cases: readonly (readonly [number, (work: StackWork) => Promise<unknown>, RegExp])[] = [
    [1, (work) => emptyBucket(work, 'b'), /delete the rest/],
    [2, (work) => emptyBucket(work, 'b'), /delete the rest/],
    [1, (work) => follow(work, 'arn'), /the same command again to follow it/],
    [1, (work) => deleteEdgeFunction(work, 'f', { wait: true }), /what is left/],
    [1, waitForEdge, /whether its edge serves:\n +edge-upload doctor/],
  ];
  for (const [number, run, hint] of cases) {
    const { asked, ended } = await interruptedAt(t, number, run);
    await rejects(ended, withCode('interrupted', /Interrupted/, hint));
    equal(asked.length, number);
  }
});

test('leaves no task open after Ctrl-C while CloudFront still has replicas', async (t) => {
  const { work, events, interruption } = await workAgainst(t, () => ({
    status: 400,
    type: 'application/json',
    headers: { 'x-amzn-errortype': 'InvalidParameterValueException' },
    body: JSON.stringify({
      Type: 'User',
      message: 'Lambda was unable to delete f because it is a replicated function.',
    }),
  }));
  const { event } = work.context.ui;
  const ui = {
    ...work.context.ui,
    event(one: Parameters<typeof event>[0]) {
      event(one);
      if (one.type === 'task-progress') interruption.abort();
    },
  };
  const interrupted = { ...work, context: { ...work.context, ui } };
  await rejects(deleteEdgeFunction(interrupted, 'f', { wait: true }), withCode('interrupted', /Interrupted/));
  equal(events.map(({ type }) => type).join(), 'task-started,task-progress,task-interrupted');
});

test('an error ends a command only after all of its work: nothing prints after the error', async () => {
  const printed: string[] = [];
  await allEnded([
    Promise.reject(new Error('first')),
    new Promise((_resolve, reject) => {
      setImmediate(() => {
        printed.push('warning');
        reject(new Error('second'));
      });
    }),
  ]).catch((error: unknown) => printed.push((error as Error).message));
  deepEqual(printed, ['warning', 'first']);
  deepEqual(await allEnded([1, Promise.resolve('a')]), [1, 'a']);
});
